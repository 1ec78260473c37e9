"""Data as Markdown for the Dagster UI: text from data is shown unchanged, and never becomes a link, a picture or markup.

A browser fetches a picture as soon as it shows one, so a category called `![x](http://…)` would report who looks at it.
Text that Markdown could interpret is written as a code span, where no character is special. The UI's own search for web
addresses ignores code spans; it does not ignore backslash escapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

LONGEST = 200
"""Characters of a cell that are shown, unless the caller sets another limit."""
_HARMLESS = re.compile(r"(?:[^\W_]|(?<=[^\W_])_(?=[^\W_])|[ ,.;:%'\"?+=/()…·–—-]|`[a-z -]+`)*")
"""Letters, digits and signs without a meaning in a line of Markdown, an underscore only within a word; and commands between
backticks, which our own messages contain."""
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
