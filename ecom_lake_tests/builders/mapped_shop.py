"""A shop of foreign files with a map: its project folder, its lake.toml, and functions to build and query it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ecom_lake.engine.config import Settings
from ecom_lake.settings import load
from ecom_lake_tests.builders.canonical_shop import CanonicalShop

MAP = """
meaning = "Orders and their lines, as a small web shop exports them."

[files.sales]
names = ["sales*"]

[files.lines]
names = ["lines*"]

[orders]
from = "sales"
where = "note is distinct from 'test'"
order_id = "number"
customer_id = "customer"
ordered_at = "placed"
status = "words.status(state)"

[words.status]
paid = "approved"
gone = "canceled"

[order_items]
from = "lines"
order_id = "number"
line = "position"
product_id = "sku"
unit_price = "price"

[customers]
from = "sales"
per = "customer"
customer_id = "customer"
city = "town"
"""
"""Two kinds of files, from which come three canonical tables: one with words, one left out, one of groups."""


@dataclass(frozen=True)
class MappedShop(CanonicalShop):
    """The shop `mine`, whose files `maps/mine.toml` maps."""

    environment: Mapping[str, str] = field(default_factory=dict)

    def write(
        self, map_: str = MAP, setting: str = 'map = "maps/mine.toml"', first: str = "2024-01", last: str = "2024-03"
    ) -> None:
        """Writes its lake.toml and its map."""
        months = f'first_month = "{first}"\nlast_month = "{last}"\n'
        self.config.write_text(f"[shops.mine]\n{setting}\n{months}", encoding="utf-8")
        (self.folder / "maps").mkdir(exist_ok=True)
        (self.folder / "maps" / "mine.toml").write_text(map_, encoding="utf-8")

    @property
    def settings(self) -> Settings:
        return load(str(self.root), {"ECOM_LAKE_CONFIG": str(self.config), **self.environment})


def a_mapped_shop(folder: Path, map_: str = MAP) -> MappedShop:
    shop = MappedShop(folder)
    shop.write(map_)
    return shop


def sales(*rows: str) -> str:
    """The text of a file of orders: number, customer, placed, state, town, note."""
    return "\n".join(["number,customer,placed,state,town,note", *rows]) + "\n"


def lines(*rows: str) -> str:
    """The text of a file of lines: number, position, sku, price."""
    return "\n".join(["number,position,sku,price", *rows]) + "\n"
