"""Olist's products and sellers, row by row."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ecom_lake.engine.contracts.columns import NUMBER
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.reading import read
from ecom_lake.shop.connectors.olist.names import with_address
from ecom_lake.shop.connectors.shaping import text


def shape_products(rows: pl.DataFrame, lookups: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The category in English, or in Portuguese if it has no translation."""
    english = lookups["product_category_name_translation"].drop(LINEAGE)
    named = rows.with_columns(text("product_category_name"))
    known = named.join(english, on="product_category_name", how="left", maintain_order="left")
    weighed = read(rows["product_weight_g"], NUMBER) != 0
    return known.select(
        "product_id",
        pl.coalesce(text("product_category_name_english"), "product_category_name", pl.lit("unknown")).alias("category"),
        pl.when(weighed.fill_null(True)).then("product_weight_g").alias("weight_g"),
        pl.col("product_length_cm").alias("length_cm"),
        pl.col("product_height_cm").alias("height_cm"),
        pl.col("product_width_cm").alias("width_cm"),
        pl.col("product_photos_qty").alias("photos"),
        *LINEAGE,
    )


def shape_sellers(rows: pl.DataFrame, lookups: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    return with_address(rows, "seller").select("seller_id", "city", "state", "zip", *LINEAGE)
