"""The data dictionary as a page: every table and column in the words of its contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ecom_lake.engine.contracts.columns import Column
from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.contracts.table import Table

_HEAD = """# Data dictionary

Generated from the contracts by `make snapshot`; edit those. A column in **bold** is part of the key, one marked `?` may be
NULL. A `personal` one says who a customer is, where they live, or what they wrote.
Definitions of the numbers are in the contracts' words; a table's SQL is in `ecom_lake/shop/`, beside its contract.
"""


def dictionary_page(registry: Registry) -> str:
    gold = _layer("Gold: what people read", registry.gold, registry)
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
    yield "| column | type | meaning |\n|---|---|---|"
    yield from (_column(column) for column in table.columns.values())
    promises = [f"- `{rule.name}`: {rule.meaning}" for rule in table.rules]
    promises += [f"- `{identity.name}`: {identity.meaning}" for identity in table.identities]
    yield "\n" + "\n".join([*promises, ""] if promises else [""])


def _column(column: Column) -> str:
    name = f"**{column.name}**" if column.key else f"{column.name}{' ?' if column.nullable else ''}"
    values = f" One of: {', '.join(column.one_of)}." if column.one_of else ""
    personal = ", personal" if column.personal else ""
    return f"| {name} | {column.kind.name}{personal} | {column.meaning.replace('|', chr(92) + '|')}{values} |"
