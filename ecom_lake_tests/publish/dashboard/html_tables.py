"""The tables and texts of a page, as a reader sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = ("meta", "link", "input", "br")


@dataclass
class HtmlTables(HTMLParser):
    """Rows of cells by the label of the table's region, and the texts of the elements of each class."""

    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, html: str) -> HtmlTables:
        read = cls()
        read.feed(html)
        return read

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []
        self._rows: list[list[str]] = []
        self._cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if tag not in _VOID:
            self._open.append(given.get("class") or "")
        if given.get("role") == "region":
            self._rows = self.tables.setdefault(given.get("aria-label") or "", [])
        if tag == "tr":
            self._rows.append([])
        if tag in ("td", "th"):
            self._rows[-1].append("")
            self._cell = True

    def handle_endtag(self, tag: str) -> None:
        if self._open and tag not in _VOID:
            self._open.pop()
        if tag in ("td", "th"):
            self._cell = False

    def handle_data(self, data: str) -> None:
        if self._cell:
            self._rows[-1][-1] += data.strip()
        elif data.strip() and self._open:
            self.texts.setdefault(self._open[-1], []).append(data.strip())

    def rows(self, label: str) -> list[list[str]]:
        """The rows of a table without its headings."""
        return self.tables[label][1:]
