"""The data dictionary as a Markdown page, generated from the contracts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ecom_lake.engine.contracts.columns import Column
from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.contracts.table import Table

_HEAD = """# Data dictionary

Generated from the contracts by `make snapshot`; edit the contracts. A column in **bold** is part of the key, and `?` marks a
column that may be NULL. `personal` marks a column that identifies a customer, locates them or contains what they wrote.
The SQL of a table is in `ecom_lake/shop/`, next to its contract.
"""


def dictionary_page(registry: Registry) -> str:
    gold = _layer("Gold: tables for readers", registry.gold, registry)
    silver = _layer("Silver: the canonical shop", registry.silver, registry)
    return "\n".join([_HEAD, *gold, *silver])


def _layer(title: str, tables: Mapping[str, Table], registry: Registry) -> Iterator[str]:
    yield f"## {title}\n"
    for table in tables.values():
        yield from _table(table, registry)


def _table(table: Table, registry: Registry) -> Iterator[str]:
    yield f"### {table.name}\n"
    yield f"{table.grain}\n"
    if table.layer == "gold":
        yield f"Made from {', '.join(f'`{read}`' for read in registry.recipe(table.name).reads)}.\n"
    if table.additive:
        yield f"Additive over all rows: {', '.join(f'`{column}`' for column in table.additive)}. No other column is.\n"
    yield "| column | type | meaning |\n|---|---|---|"
    yield from (_column(column) for column in table.columns.values())
    rules = [f"- `{rule.name}`: {rule.meaning}" for rule in table.rules]
    rules += [f"- `{identity.name}`: {identity.meaning}" for identity in table.identities]
    yield "\n" + "\n".join([*rules, ""] if rules else [""])


def _column(column: Column) -> str:
    name = f"**{column.name}**" if column.key else f"{column.name}{' ?' if column.nullable else ''}"
    values = f" One of: {', '.join(column.one_of)}." if column.one_of else ""
    personal = ", personal" if column.personal else ""
    return f"| {name} | {column.kind.name}{personal} | {column.meaning.replace('|', chr(92) + '|')}{values} |"
