"""A small canonical shop whose deliveries are written by hand, of which only the monthly facts are built, and their inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.gold.make_gold import make_gold
from ecom_lake.engine.build.silver.make_silver import make_silver
from ecom_lake.engine.build.silver.order_index import make_order_index
from ecom_lake.engine.build.silver.specs import silver_tables
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake_tests.builders.canonical_shop import CanonicalShop

MADE = ("data_availability", "dim_product", "repeat_orders", "fct_sales", "fct_orders")
"""The tables that are made, each after those that it reads."""
FACTS = ("fct_sales", "fct_orders")
HEADERS = {
    "orders": "order_id,customer_id,ordered_at,status",
    "order_items": "order_id,line,product_id,unit_price,unit_cost,is_returned,is_valid",
    "payments": "order_id,sequence,amount",
    "products": "product_id,category,brand,unit_cost",
}
Delivery = Mapping[str, Iterable[str]]
"""The rows of one delivery by table, each as a line of CSV."""


@dataclass
class MonthlyFacts:
    shop: CanonicalShop
    delivered: list[Delivery] = field(default_factory=list)

    def deliver(self, delivery: Delivery) -> None:
        self.delivered.append(delivery)
        for table, rows in delivery.items():
            header = HEADERS[table].replace(",ordered_at", "") if table == "orders" and self.is_undated else HEADERS[table]
            folder = f"{len(self.delivered):03}"
            (self.shop.landing / folder).mkdir(parents=True, exist_ok=True)
            self.shop.land(f"{folder}/{table}.csv", "\n".join([header, *rows, ""]))

    @property
    def is_undated(self) -> bool:
        return self.shop.site.shop.is_undated

    def make(self) -> tuple[list[str], ...]:
        """Bring the facts up to date; returns the months of sales and those of orders that were made."""
        site = self.shop.site
        ingest(site)
        make_order_index(site)
        for table in silver_tables(site):
            make_silver(site, table)
        written = {}
        for table in MADE:
            [outcome] = make_gold(site, table)
            assert not outcome.refused, [check.evidence for check in outcome.checks if check.blocks]
            written[table] = sorted(part.month for part in outcome.written)
        return tuple(written[table] for table in FACTS)

    def hashes(self) -> dict[str, dict[str, str]]:
        """The hash of each month of each fact."""
        head = self.shop.site.lake.log.head()
        return {
            table: {part.month: file.hash for part, file in sorted(head.parts(TableId("gold", table)).items())} for table in FACTS
        }

    def rows(self, table: str) -> pl.DataFrame:
        site = self.shop.site
        paths = site.lake.paths(site.lake.log.head(), TableId("gold", table))
        return pl.read_parquet(paths, glob=False)

    def from_scratch(self, folder: Path) -> MonthlyFacts:
        """The same deliveries in a new lake, made at once."""
        other = MonthlyFacts(CanonicalShop(folder))
        folder.mkdir(parents=True)
        other.shop.config.write_text(self.shop.config.read_text(encoding="utf-8"), encoding="utf-8")
        for delivery in self.delivered:
            other.deliver(delivery)
        other.make()
        return other


def new_facts(folder: Path, without: Iterable[str] = (), first: str = "2024-01", last: str = "2024-04") -> MonthlyFacts:
    folder.mkdir(parents=True, exist_ok=True)
    shop = CanonicalShop(folder)
    shop.say(tuple(without), first, last)
    return MonthlyFacts(shop)
