"""What is bought together? Sets of products, and of categories, that stand in enough baskets."""

from __future__ import annotations

import duckdb
import polars as pl

from ecom_lake.shop.baskets.itemsets import Limits, frequent_itemsets
from ecom_lake.shop.settings.mining import MiningSettings

READS = ("fct_sales",)


def build(con: duckdb.DuckDBPyConnection, settings: MiningSettings) -> pl.DataFrame:
    caps = settings.max_basket_size, settings.max_itemsets, settings.max_candidates
    products = Limits(settings.product_min_orders, settings.product_min_support, *caps)
    categories = Limits(settings.category_min_orders, settings.category_min_support, *caps)
    levels = [
        frequent_itemsets(con, _lines("product_id"), products).with_columns(level=pl.lit("product")),
        frequent_itemsets(con, _lines("nullif(category, 'unknown')"), categories).with_columns(level=pl.lit("category")),
    ]
    return pl.concat(levels).with_columns(support=pl.col("orders") / pl.col("baskets"))


def _lines(item: str) -> str:
    """The items of every valid line. A plus beside a space would read as the joint between two items: it is written ＋."""
    unmistakable = f"replace(replace({item}, ' +', ' ＋'), '+ ', '＋ ')"
    return f"select order_id as basket, {unmistakable} as item from fct_sales where is_valid"
