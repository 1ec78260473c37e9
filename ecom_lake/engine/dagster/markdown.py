"""Data as Markdown for the Dagster UI: what comes from data is shown as it is, and never becomes a link, a picture or markup.

A browser fetches a picture as soon as it shows one, so a category called `![x](http://…)` would report who looks at it.
Text that Markdown may read as more than text is written as a code span, in which nothing has a meaning; the UI's own search for
web addresses leaves code spans alone, which it would not do for backslash escapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

LONGEST = 200
"""Characters of a cell that are shown, unless its table says otherwise."""
_HARMLESS = re.compile(r"(?:[^\W_]|(?<=[^\W_])_(?=[^\W_])|[ ,.;:%'\"?+=/()…·–—-]|`[a-z -]+`)*")
"""Letters, digits and signs that mean nothing in a line of Markdown; an underscore only within a word. And commands between
backticks, as our own sentences name them."""
_ADDRESS = re.compile(r"://|www\.", re.IGNORECASE)


def text(value: object, longest: int | None = None) -> str:
    """One value in a line of Markdown."""
    shown = " ".join("".join(c if c.isprintable() or c.isspace() else "?" for c in str(value)).split())
    if longest is not None and len(shown) > longest:
        shown = f"{shown[:longest]}…"
    return shown if _HARMLESS.fullmatch(shown) and not _ADDRESS.search(shown) else _code(shown)


def table(rows: Iterable[Mapping[str, object]], columns: Sequence[str], longest: int = LONGEST) -> str:
    """A table of Markdown, one line a row; NULL is an empty cell. Nothing where there are no rows."""
    body = [[_cell(row.get(column), longest) for column in columns] for row in rows]
    if not body:
        return ""
    lines = [[_cell(column, longest) for column in columns], ["---"] * len(columns), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object, longest: int) -> str:
    """In a table a pipe needs a backslash even within a code span, and a backslash before it another one."""
    shown = "" if value is None else text(value, longest)
    return re.sub(r"(\\*)\|", lambda found: 2 * found[1] + r"\|", shown)


def _code(shown: str) -> str:
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}"
