"""A small canonical shop whose deliveries are written by hand, of which only the monthly facts are built, and their inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.gold.make_gold import make_gold
from ecom_lake.engine.build.gold.run_recipe import run_recipe
from ecom_lake.engine.build.gold.table_file import attach, conformed
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.make_silver import make_silver
from ecom_lake.engine.build.silver.order_index import make_order_index
from ecom_lake.engine.build.silver.specs import silver_tables
from ecom_lake.engine.build.sql.on_duckdb import OnDuckDB
from ecom_lake.engine.contracts.fitted import Past
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake_tests.builders.canonical_shop import CanonicalShop

MADE = ("data_availability", "dim_product", "repeat_orders", "fct_sales", "fct_orders")
"""The tables that are made, each after those that it reads."""
FACTS = ("fct_sales", "fct_orders")
OWN = "order_ages"
"""A monthly table of the project folder, which reads the as-of date, the complete months and a dimension."""
MADE_FOR_OWN = ("dim_date", "reporting_period", "dim_customer", OWN)
OWN_CONTRACT = '''
from ecom_lake.engine.contracts.columns import Flag, Integer
from ecom_lake.engine.contracts.table import Gold, NarrowInput
from ecom_lake.shop import vocabulary


class OrderAges(Gold, monthly=True):
    """One row per order."""

    order_id = vocabulary.order_id.replace(key=True)
    month = vocabulary.month.replace(nullable=True)
    age_days = Integer("Days from the order to the as-of date.", nullable=True)
    is_complete = Flag("Whether the month of the order is complete.", nullable=True)
    age = vocabulary.age

    narrow_inputs = (
        NarrowInput("reporting_period", ("as_of", "first_complete_month", "last_complete_month")),
        NarrowInput("dim_customer", ("customer_id", "age"), matching="orders.customer_id"),
    )
'''
OWN_QUERY = """-- How old is each order on the as-of date?
select
    o.order_id,
    o.month,
    date_diff('day', o.ordered_at::date, p.as_of) as age_days,
    o.month between p.first_complete_month and p.last_complete_month as is_complete,
    c.age
from orders as o
join dim_customer as c on c.customer_id = o.customer_id
cross join reporting_period as p
"""
HEADERS = {
    "customers": "customer_id,age",
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
    has_own: bool = False
    """Whether the project folder has the monthly table order_ages."""

    @property
    def tables(self) -> tuple[str, ...]:
        return (*FACTS, OWN) if self.has_own else FACTS

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

    def make(self, site: Site | None = None) -> tuple[list[str], ...]:
        """Bring the facts up to date; returns the months of each that were made: of sales, of orders, of the own table."""
        site = site or self.shop.site
        ingest(site)
        make_order_index(site)
        for table in silver_tables(site):
            make_silver(site, table)
        written = {}
        for table in (*MADE, *(MADE_FOR_OWN if self.has_own else ())):
            [outcome] = make_gold(site, table)
            assert not outcome.refused, [check.evidence for check in outcome.checks if check.blocks]
            written[table] = sorted(part.month for part in outcome.written)
        return tuple(written[table] for table in self.tables)

    def hashes(self) -> dict[str, dict[str, str]]:
        """The hash of each month of each fact."""
        head = self.shop.site.lake.log.head()
        return {
            table: {part.month: file.hash for part, file in sorted(head.parts(TableId("gold", table)).items())}
            for table in self.tables
        }

    def rows(self, table: str) -> pl.DataFrame:
        site = self.shop.site
        paths = site.lake.paths(site.lake.log.head(), TableId("gold", table))
        return pl.read_parquet(paths, glob=False)

    def rows_of_one_query(self, table: str) -> pl.DataFrame:
        """The rows of the table's query over all months of its inputs at once."""
        site = self.shop.site
        recipe = site.registry.recipe(table)
        with site.workspace() as (con, _):
            attach(site, site.lake.log.head(), OnDuckDB(con), recipe.reads)
            made = run_recipe(recipe, OnDuckDB(con), site.shop, Past())[table]
            rows: pl.DataFrame = con.sql(conformed(con, made, recipe.contracts[0])).pl()
            return rows

    def from_scratch(self, folder: Path) -> MonthlyFacts:
        """The same deliveries in a new lake, made at once."""
        folder.mkdir(parents=True)
        other = MonthlyFacts(CanonicalShop(folder), has_own=self.has_own)
        other.write_own()
        other.shop.config.write_text(self.shop.config.read_text(encoding="utf-8"), encoding="utf-8")
        for delivery in self.delivered:
            other.deliver(delivery)
        other.make()
        return other

    def write_own(self) -> None:
        if self.has_own:
            tables = self.shop.folder / "tables"
            tables.mkdir()
            (tables / f"{OWN}.py").write_text(OWN_CONTRACT, encoding="utf-8")
            (tables / f"{OWN}.sql").write_text(OWN_QUERY, encoding="utf-8")


def new_facts(folder: Path, without: Iterable[str] = (), has_own: bool = False) -> MonthlyFacts:
    """The shop of January to April 2024."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = MonthlyFacts(CanonicalShop(folder), has_own=has_own)
    facts.write_own()
    facts.shop.say(tuple(without), "2024-01", "2024-04")
    return facts
