"""The personal columns of all tables, generated from the marks of the contracts, as a table of docs/personal-data.md.

Not here: which column is personal (shop/personal.py), what an operator must do (the page itself).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.contracts.table import Table

_START, _END = "<!-- personal columns: made by tools/snapshot.py -->", "<!-- end of personal columns -->"


def in_page(text: str, registry: Registry) -> str:
    """The Markdown page with the table of personal columns renewed."""
    before, _, rest = text.partition(f"{_START}\n")
    _, _, after = rest.partition(_END)
    return f"{before}{_START}\n{columns_table(registry)}{_END}{after}"


def columns_table(registry: Registry) -> str:
    found = _columns({**registry.silver, **registry.gold})
    lines = [_line(name, tables) for name, tables in sorted(found.items())]
    return "\n".join(["| column | meaning | silver | gold |", "|---|---|---|---|", *lines, ""])


def _columns(tables: Mapping[str, Table]) -> Mapping[str, list[Table]]:
    found: dict[str, list[Table]] = defaultdict(list)
    for name in sorted(tables):
        for column in tables[name].columns.values():
            if column.personal:
                found[column.name].append(tables[name])
    return found


def _line(column: str, tables: list[Table]) -> str:
    meaning = tables[0].columns[column].meaning.replace("|", "\\|")
    return f"| `{column}` | {meaning} | {', '.join(_names(tables, 'silver'))} | {', '.join(_names(tables, 'gold'))} |"


def _names(tables: list[Table], layer: str) -> Iterator[str]:
    yield from (table.name for table in tables if table.layer == layer)
