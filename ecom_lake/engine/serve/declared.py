"""What a shop says that it has, held against what it has: columns that gold tables need, and that are empty or filled after all.

Here: the columns, and the line of lake.toml that puts it right. Which tables a shop gets is `engine/build/release/offer.py`'s.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import polars as pl

from ecom_lake.engine.build.release.offer import alternatives
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry


@dataclass(frozen=True)
class Declared:
    empty: dict[str, tuple[str, ...]]
    """Silver columns (or tables) that hold nothing though the shop does not say so, and the gold tables made of that nothing."""
    filled: dict[str, tuple[str, ...]]
    """Those that hold something though lake.toml says that the shop has none, and the gold tables that it could have."""

    def line(self, site: Site) -> str:
        """The setting that says what is so."""
        return f"without = {json.dumps(sorted({*site.shop.without, *self.empty} - set(self.filled)))}"


def declared(site: Site, entry: Entry) -> Declared:
    holds = {name: _holds(site, entry, name) for name in sorted(_needed(site))}
    empty: dict[str, tuple[str, ...]] = {}
    filled: dict[str, tuple[str, ...]] = {}
    for table, contract in site.registry.gold.items():
        for names in map(alternatives, contract.needs):
            said = [name for name in names if not site.lacks(name)]
            if said and not any(holds[name] for name in names):
                empty |= {name: (*empty.get(name, ()), table) for name in said}
            for name in names:
                if holds[name] and name in site.shop.without:
                    filled[name] = (*filled.get(name, ()), table)
    return Declared(empty, filled)


def _needed(site: Site) -> set[str]:
    return {name for contract in site.registry.gold.values() for need in contract.needs for name in alternatives(need)}


def _holds(site: Site, entry: Entry, name: str) -> bool:
    """Whether anything stands there. Nothing but NULLs, zeros or `unknown` is what a shop without the column has."""
    table, _, column = name.partition(".")
    if not column:
        return any(file.rows for file in entry.parts(TableId("silver", table)).values())
    rows = site.lake.silver(entry, table)
    if rows is None:
        return False
    kind = site.registry.table(table).columns[column].kind.polars
    value = pl.col(column)
    says = value != 0 if kind.is_numeric() else value != "unknown" if kind == pl.String() else value.is_not_null()
    return bool(rows.select(says.any()).collect().item())
