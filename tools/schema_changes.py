"""The changes of silver's and gold's columns since the last release of the software, as a table in CHANGELOG.md.

Here: comparing today's contracts with those of the last release (released_schema.json), and writing the table between its marks.
`make snapshot` renews the table. When a version is released, `python tools/schema_changes.py --released` records its contracts.
Not here: why something changed, which people write in the changelog.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.contracts.table import Table
from ecom_lake.shop.domain import SHOP

RELEASED = ROOT / "tools/released_schema.json"
CHANGELOG = ROOT / "CHANGELOG.md"
BEGIN, END = "<!-- schema changes: written by make snapshot -->", "<!-- end of schema changes -->"

Schema = Mapping[str, Mapping[str, str]]
"""From a table's name to its columns, each with its type; `?` marks a column that may be NULL."""


def contracts() -> list[Table]:
    registry = Registry(SHOP)
    return [*registry.silver.values(), *registry.gold.values()]


def schema(tables: Iterable[Table]) -> Schema:
    return {
        table.name: {name: f"{column.kind.name}{'?' if column.nullable else ''}" for name, column in table.columns.items()}
        for table in tables
    }


def released() -> Schema:
    schema: Schema = json.loads(RELEASED.read_text())
    return schema


def changes(before: Schema, now: Schema) -> Iterator[tuple[str, str]]:
    """Each table that changed, and how, by name."""
    for table in sorted({*before, *now}):
        if table not in before:
            yield table, f"new table: {_listed(now[table])}"
        elif table not in now:
            yield table, "removed"
        elif parts := list(_of_columns(before[table], now[table])):
            yield table, "; ".join(parts)


def _of_columns(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    if added := [name for name in now if name not in before]:
        yield f"new: {_listed(added)}"
    if removed := [name for name in before if name not in now]:
        yield f"removed: {_listed(removed)}"
    for name, kind in now.items():
        if name in before and before[name] != kind:
            yield f"`{name}` {before[name]} → {kind}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def with_changes(changelog: str, before: Schema, now: Schema) -> str:
    """The changelog with a table of today's changes between the marks."""
    rows = [f"| `{table}` | {change} |" for table, change in changes(before, now)]
    body = "\n".join(["| table | columns |", "|---|---|", *rows]) if rows else "No column changed."
    return re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n{body}\n{END}", changelog, count=1, flags=re.DOTALL)


def renew() -> None:
    CHANGELOG.write_text(with_changes(CHANGELOG.read_text(), released(), schema(contracts())))


if __name__ == "__main__":
    if sys.argv[1:] == ["--released"]:
        RELEASED.write_text(json.dumps(schema(contracts()), indent=1, sort_keys=True) + "\n")
    renew()
