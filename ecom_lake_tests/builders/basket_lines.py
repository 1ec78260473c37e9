"""Hand-written order lines for the tables of baskets."""

from __future__ import annotations

import duckdb
import polars as pl

from ecom_lake.shop.settings.mining import MiningSettings

FEW = MiningSettings(product_min_orders=1, category_min_orders=1, product_min_support=0, category_min_support=0)
Line = tuple[str, str, str, bool]


def sales(con: duckdb.DuckDBPyConnection, lines: list[Line]) -> None:
    columns = {"order_id": pl.String, "product_id": pl.String, "category": pl.String, "is_valid": pl.Boolean}
    con.register("fct_sales", pl.DataFrame(lines, columns, orient="row").to_arrow())
