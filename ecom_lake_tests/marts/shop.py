"""The SQL marts of a whole shop whose silver is given as frames, and the real Olist files as such frames.

Not here: shops of a few rows written by hand (hand_shop.py).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from ecom_lake.contracts import catalog
from ecom_lake.contracts.promises import derived_rules
from ecom_lake.contracts.shop_settings import ShopSettings, settings_row
from ecom_lake.contracts.table import Table
from ecom_lake.pipeline.recipes import recipe
from ecom_lake_tests.marts.hand_shop import MARTS

Silver = dict[str, pl.DataFrame]


class Shop:
    """Silver and all marts of one shop, as tables of one session that a test may ask and tamper with."""

    def __init__(self, silver: Silver, threads: int = 2) -> None:
        self.con = duckdb.connect(config={"threads": threads, "preserve_insertion_order": False})
        for name, frame in {**silver, "settings": settings_row(ShopSettings())}.items():
            self.con.register("_frame", frame.to_arrow())
            self.con.execute(f"create table {name} as select * from _frame")
            self.con.unregister("_frame")
        for name in MARTS:
            self.con.execute(f"create table {name} as {_as_promised(catalog.gold()[name])}")

    def table(self, name: str) -> pl.DataFrame:
        return self.con.sql(f"select * from {name} order by {', '.join(catalog.gold()[name].key)}").pl()

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        return self.con.execute(question).fetchall()

    def broken_promises(self) -> list[str]:
        """The promises about rows that the marts break: of columns, rules and keys."""
        found = []
        for contract in (catalog.gold()[name] for name in MARTS):
            for rule in (*derived_rules(contract), *contract.rules):
                if self.ask(f"select 1 from {contract.name} where not ({rule.holds}) limit 1"):
                    found.append(f"{contract.name}: {rule.name}")
            if self.ask(f"select 1 from {contract.name} group by {', '.join(contract.key)} having count(*) > 1 limit 1"):
                found.append(f"{contract.name}: key")
        return found

    def broken_identities(self) -> set[str]:
        return {identity.name for name in MARTS for identity in catalog.gold()[name].identities if self.ask(identity.breaks)}


def _as_promised(contract: Table) -> str:
    columns = ", ".join(f'"{name}"::{column.kind.duckdb} as "{name}"' for name, column in contract.columns.items())
    return f"select {columns} from ({recipe(contract.name).sql})"


def olist_folder() -> Path | None:
    folder = Path(os.environ.get("ECOM_LAKE_OLIST") or Path(__file__).parents[3] / "shared" / "data" / "olist")
    return folder if (folder / "olist_orders_dataset.csv").exists() else None


def olist_silver(folder: Path) -> Silver:
    """The real files in the canonical shape, read straight by DuckDB: another way than the connector's, on purpose."""
    con = duckdb.connect()
    for file in folder.glob("*.csv"):
        name = file.stem.removeprefix("olist_").removesuffix("_dataset")
        con.execute(f"create view {name} as select * from read_csv('{file}', header = true, all_varchar = true, escape = '\"')")
    con.execute(
        "create table placed as select order_id, date_trunc('month', order_purchase_timestamp::timestamp) as month from orders"
    )
    return {name: _canonical(con, contract) for name, contract in catalog.silver().items()}


def _canonical(con: duckdb.DuckDBPyConnection, contract: Table) -> pl.DataFrame:
    given = con.sql(_OLIST.get(contract.name, "select 1 as nothing where false"))
    lineage = {"source_sequence": "1", "source_record": "row_number() over ()"}
    columns = [
        f"{name if name in given.columns else lineage.get(name, 'null')}::{column.kind.duckdb} as {name}"
        for name, column in contract.columns.items()
    ]
    return given.project(", ".join(columns)).pl()


_OLIST = {
    "orders": """
        select o.order_id, c.customer_unique_id as customer_id, o.order_purchase_timestamp as ordered_at, p.month,
            o.order_approved_at as approved_at, o.order_delivered_carrier_date as shipped_at,
            o.order_delivered_customer_date as delivered_at, o.order_estimated_delivery_date as promised_at,
            o.order_status as status, o.order_status not in ('canceled', 'unavailable') as is_valid, true as is_timeline_sound,
            c.customer_city as city, c.customer_state as state, 'BR' as country, c.customer_zip_code_prefix as zip
        from orders as o
        join customers as c using (customer_id)
        join placed as p using (order_id)""",
    "order_items": """
        select order_id, order_item_id as line, month, product_id, seller_id, 1 as quantity, price as unit_price,
            price as gross_sales, 0 as discount, freight_value as freight, true as is_valid
        from order_items
        join placed using (order_id)""",
    "payments": """
        select order_id, payment_sequential as sequence, month, payment_type as method,
            greatest(payment_installments::bigint, 1) as instalments, payment_value as amount
        from order_payments
        join placed using (order_id)""",
    "reviews": """
        select review_id, order_id, month, review_score as score, false as is_score_imputed,
            review_creation_date as created_at, review_answer_timestamp as answered_at
        from order_reviews
        join placed using (order_id)""",
    "customers": """
        select c.customer_unique_id as customer_id, c.customer_city as city, c.customer_state as state, 'BR' as country,
            c.customer_zip_code_prefix as zip
        from customers as c
        join orders as o using (customer_id)
        qualify row_number() over (
            partition by c.customer_unique_id
            order by o.order_purchase_timestamp desc, o.order_id desc
        ) = 1""",
    "products": """
        select product_id, coalesce(product_category_name_english, product_category_name, 'unknown') as category
        from products
        left join product_category_name_translation using (product_category_name)""",
    "sellers": "select seller_id, seller_city as city, seller_state as state from sellers",
}
