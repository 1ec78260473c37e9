"""The columns that a shop declares, checked against its data: needed columns that are unexpectedly empty or filled.

Here: the columns, and the line of lake.toml that corrects the declaration. Not here: which tables a shop gets
(`engine/build/release/offer.py`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import polars as pl

from ecom_lake.engine.build.shop_context import Site, alternatives
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry


@dataclass(frozen=True)
class Declared:
    empty: dict[str, tuple[str, ...]]
    """Silver columns (or tables) without values that are not declared as missing, and the gold tables that need them."""
    filled: dict[str, tuple[str, ...]]
    """Those with values that lake.toml declares as missing, and the gold tables that could be built from them."""

    def line(self, site: Site) -> str:
        """The setting that matches the data."""
        return f"without = {json.dumps(sorted({*site.shop.without, *self.empty} - set(self.filled)))}"


def declared(site: Site, entry: Entry) -> Declared:
    has_values = {name: _has_values(site, entry, name) for name in sorted(_needed(site))}
    empty: dict[str, tuple[str, ...]] = {}
    filled: dict[str, tuple[str, ...]] = {}
    for table, contract in site.registry.gold.items():
        for names in map(alternatives, contract.needs):
            expected = [name for name in names if not site.lacks(name)]
            if expected and not any(has_values[name] for name in names):
                empty |= {name: (*empty.get(name, ()), table) for name in expected}
            for name in names:
                if has_values[name] and name in site.shop.without:
                    filled[name] = (*filled.get(name, ()), table)
    return Declared(empty, filled)


def _needed(site: Site) -> set[str]:
    return {name for contract in site.registry.gold.values() for need in contract.needs for name in alternatives(need)}


def _has_values(site: Site, entry: Entry, name: str) -> bool:
    """Whether a table has rows or a column has values: a column of NULLs, zeros or `unknown` has none."""
    table, _, column = name.partition(".")
    if not column:
        return any(file.rows for file in entry.parts(TableId("silver", table)).values())
    rows = site.lake.silver(entry, table)
    if rows is None:
        return False
    kind = site.registry.table(table).columns[column].kind.polars
    value = pl.col(column)
    is_value = value != 0 if kind.is_numeric() else value != "unknown" if kind == pl.String() else value.is_not_null()
    return bool(rows.select(is_value.any()).collect().item())
