"""References between tables, derived from the contracts, which state keys and no references.

A column refers to a table of the same layer that has this column, with the same type and meaning, as its whole key; in gold, such
a column is an identifier (`…_id`) or the table is a dimension. Of several tables with the same key, the dimension or fact is
referred to, or the one with the most columns; and never a table that is made from the one that refers. In gold, the relationships
of the Power BI model are added, which relate dates to the calendar. A test checks each reference on a built shop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ecom_lake.engine.contracts.columns import Column
from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.contracts.table import Table
from ecom_lake.publish.powerbi.tables import RELATED

_STAR = ("dim_", "fct_")


@dataclass(frozen=True, order=True)
class Reference:
    """Each row of `table` belongs to at most one row of `to_table`: the one whose `to_column` has the value of `column`."""

    table: str
    column: str
    to_table: str
    to_column: str

    def is_one_to_one(self, tables: Mapping[str, Table]) -> bool:
        return tables[self.table].key == (self.column,)


def references(registry: Registry, layer: str) -> tuple[Reference, ...]:
    tables = registry.gold if layer == "gold" else registry.silver
    found = {*_by_key(registry, tables)}
    if layer == "gold":
        found |= {Reference(one.table, one.column, one.to_table, one.to_column) for one in RELATED}
    return tuple(sorted(found))


def _by_key(registry: Registry, tables: Mapping[str, Table]) -> Iterator[Reference]:
    for column, owner in _owners(tables).items():
        sources = made_from(registry, owner.name)
        for table in tables.values():
            same = column in table.columns and _is_same(table.columns[column], owner.columns[column])
            if same and table is not owner and table.name not in sources:
                yield Reference(table.name, column, owner.name, column)


def _owners(tables: Mapping[str, Table]) -> dict[str, Table]:
    """The table that a column refers to, by the column."""
    owners: dict[str, Table] = {}
    for table in tables.values():
        if len(table.key) == 1 and _is_identifier(table):
            other = owners.get(table.key[0])
            owners[table.key[0]] = table if other is None else max(other, table, key=_precedence)
    return owners


def _is_identifier(table: Table) -> bool:
    return table.layer == "silver" or table.key[0].endswith("_id") or table.name.startswith("dim_")


def _precedence(table: Table) -> tuple[bool, int]:
    return table.name.startswith(_STAR), len(table.columns)


def _is_same(one: Column, other: Column) -> bool:
    return one.kind == other.kind and one.meaning == other.meaning


def made_from(registry: Registry, table: str) -> frozenset[str]:
    """All tables that a gold table is made from, directly or through others; empty for a silver table."""
    found: set[str] = set()
    waiting = [table]
    while waiting:
        name = waiting.pop()
        reads = registry.recipe(name).reads if name in registry.gold else ()
        new = [read for read in reads if read in registry.tables and read not in found]
        found.update(new)
        waiting += new
    return frozenset(found)
