"""Frequent itemsets of products and of categories: the sets of items that are bought together in enough orders."""

from __future__ import annotations

import duckdb
import polars as pl

from ecom_lake.engine.contracts.sql_file import sql_file
from ecom_lake.shop.baskets.itemsets import Limits, frequent_itemsets
from ecom_lake.shop.settings.mining import MiningSettings

READS = ("fct_sales",)


def build(con: duckdb.DuckDBPyConnection, settings: MiningSettings) -> pl.DataFrame:
    caps = settings.max_basket_size, settings.max_itemsets, settings.max_candidates
    products = Limits(settings.product_min_orders, settings.product_min_support, *caps)
    categories = Limits(settings.category_min_orders, settings.category_min_support, *caps)
    levels = [
        frequent_itemsets(con, sql_file(__file__, "product_lines.sql"), products).with_columns(level=pl.lit("product")),
        frequent_itemsets(con, sql_file(__file__, "category_lines.sql"), categories).with_columns(level=pl.lit("category")),
    ]
    return pl.concat(levels).with_columns(support=pl.col("orders") / pl.col("baskets"))
