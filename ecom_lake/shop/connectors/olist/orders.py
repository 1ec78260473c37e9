"""Olist's orders, order lines, payments and reviews, row by row. The contract parses the texts."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ecom_lake.engine.contracts.columns import INTEGER, PRICE, TIMESTAMP
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.reading import read
from ecom_lake.shop.canonical.orders import NO_SALE, STATUSES
from ecom_lake.shop.connectors.olist.names import with_address
from ecom_lake.shop.connectors.shaping import fully_parsed, gross_sales, is_timeline_sound, text

STAGES = (
    "order_purchase_timestamp",
    "order_approved_at",
    "order_delivered_carrier_date",
    "order_delivered_customer_date",
)


def shape_orders(rows: pl.DataFrame, lookups: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The customer is looked up by the order's alias; if the alias was not delivered, it is used as the customer's id."""
    aliases = lookups["customers"].drop(LINEAGE)
    times = {stage: read(rows[stage], TIMESTAMP) for stage in STAGES}
    known = rows.with_columns(text("customer_id"), *fully_parsed(rows, times)).join(
        aliases, on="customer_id", how="left", maintain_order="left"
    )
    source_status = text("order_status")
    status = source_status.str.to_lowercase()
    return (
        with_address(known, "customer")
        .with_columns(status=pl.when(status.is_in(STATUSES)).then(status).otherwise(pl.lit("unknown")))
        .select(
            "order_id",
            pl.coalesce(text("customer_unique_id"), "customer_id").alias("customer_id"),
            pl.col("order_purchase_timestamp").alias("ordered_at"),
            pl.col("order_approved_at").alias("approved_at"),
            pl.col("order_delivered_carrier_date").alias("shipped_at"),
            pl.col("order_delivered_customer_date").alias("delivered_at"),
            pl.col("order_estimated_delivery_date").alias("promised_at"),
            "status",
            source_status.alias("source_status"),
            (~pl.col("status").is_in(NO_SALE)).alias("is_valid"),
            is_timeline_sound(times),
            "city",
            "state",
            "region",
            "country",
            "zip",
            *LINEAGE,
        )
    )


def shape_order_items(rows: pl.DataFrame, lookups: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Each line is one unit. Gross sales are computed from the published price, as for every shop."""
    price = read(rows["price"], PRICE)
    return rows.select(
        "order_id",
        pl.col("order_item_id").alias("line"),
        "product_id",
        "seller_id",
        pl.lit(1).alias("quantity"),
        pl.col("price").alias("unit_price"),
        gross_sales(price, pl.repeat(1, rows.height, dtype=INTEGER.polars, eager=True)).alias("gross_sales"),
        pl.lit(0).alias("discount"),
        pl.col("freight_value").alias("freight"),
        pl.lit(True).alias("is_valid"),
        *LINEAGE,
    )


def shape_payments(rows: pl.DataFrame, lookups: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    method = text("payment_type").str.to_lowercase().replace("not_defined", None).fill_null("unknown")
    instalments = text("payment_installments")
    at_once = read(rows["payment_installments"], INTEGER) == 0
    return rows.select(
        "order_id",
        pl.col("payment_sequential").alias("sequence"),
        method.alias("method"),
        pl.when(at_once).then(pl.lit("1")).otherwise(instalments).alias("instalments"),
        pl.col("payment_value").alias("amount"),
        pl.lit("unknown").alias("status"),
        *LINEAGE,
    )


def shape_reviews(rows: pl.DataFrame, lookups: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Line ends within a message become `\\n`. A message of white space alone becomes null when the contract parses it."""

    def message(column: str) -> pl.Expr:
        return pl.col(column).str.replace_all("\r\n", "\n", literal=True)

    return rows.select(
        "review_id",
        "order_id",
        pl.col("review_score").alias("score"),
        pl.lit(False).alias("is_score_imputed"),
        message("review_comment_title").alias("title"),
        message("review_comment_message").alias("comment"),
        pl.col("review_creation_date").alias("created_at"),
        pl.col("review_answer_timestamp").alias("answered_at"),
        *LINEAGE,
    )
