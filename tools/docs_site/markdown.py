"""Markdown of the generated pages: texts that come from code or data never become markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_MARKUP = re.compile(r"([\\`*_\[\]<>|#~{}])")


def plain(text: str) -> str:
    """The text as it is."""
    return _MARKUP.sub(r"\\\1", text)


def prose(text: str) -> str:
    """A text of a contract: its `code` stays code, everything else stays as it is."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return plain(text)
    return "".join(code(part) if number % 2 else plain(part) for number, part in enumerate(parts))


def code(text: str) -> str:
    """Code, which may contain backticks and the pipes of a table."""
    fence = "``" if "`" in text else "`"
    space = " " if "`" in text else ""
    return f"{fence}{space}{text}{space}{fence}".replace("|", "\\|") if text else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_line(head), _line(["---"] * len(head)), *(_line(row) for row in rows)]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def fenced(language: str, text: str) -> str:
    return f"```{language}\n{text.strip()}\n```\n"


def folded(title: str, content: str) -> str:
    """Content that a click shows."""
    indented = "\n".join(f"    {line}" if line else "" for line in content.splitlines())
    return f'??? abstract "{title}"\n\n{indented}\n'


def link(text: str, target: str) -> str:
    return f"[{text}]({target})"
