"""Canonical rows, one by one, with empty fields filled and computed columns added. The contract parses the texts."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ecom_lake.engine.contracts.columns import FLAG, INTEGER, MONEY, NUMBER, PRICE, TIMESTAMP
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.reading import read
from ecom_lake.shop.canonical.orders import NO_SALE, STATUSES
from ecom_lake.shop.connectors.shaping import fully_parsed, gross_sales, is_timeline_sound, text
from ecom_lake.shop.exports import canonical as files
from ecom_lake.shop.exports.canonical import CanonicalFile

STAGES = ("ordered_at", "approved_at", "shipped_at", "delivered_at")
ADDRESS = ("city", "state", "region", "country", "zip")
_SPELLED = {"cancelled": "canceled"}

Lookups = Mapping[str, pl.DataFrame]


def shape_orders(rows: pl.DataFrame, lookups: Lookups) -> pl.DataFrame:
    """An order without an address has its customer's address."""
    times = {stage: read(rows[stage], TIMESTAMP) for stage in STAGES}
    given = filled(rows, files.ORDERS).with_columns(text("customer_id"), *fully_parsed(rows, times))
    known = _with_address(_with_status(given), lookups["customers"])
    source_status = rows.select(source_status=text("status")).to_series()
    currency = text("currency").str.to_uppercase()
    return known.with_columns(source_status, currency, is_timeline_sound(times)).drop("is_returned")


def shape_undated_orders(rows: pl.DataFrame, lookups: Lookups) -> pl.DataFrame:
    return shape_orders(rows.with_columns(ordered_at=pl.lit(None, pl.String)), lookups)


def _with_status(orders: pl.DataFrame) -> pl.DataFrame:
    """The canonical status. An unreadable `is_returned` replaces the status, so that the contract refuses the row."""
    words = text("status").str.to_lowercase().str.replace_all(r"[\s-]+", "_").replace(_SPELLED)
    valid, returned = pl.lit(read(orders["is_valid"], FLAG)), pl.lit(read(orders["is_returned"], FLAG))
    is_sale = ~pl.col("status").is_in(NO_SALE)
    unclear = text("is_returned").is_not_null() & returned.is_null()
    return (
        orders.with_columns(status=pl.when(words.is_in(STATUSES)).then(words).otherwise(pl.lit("unknown")))
        .with_columns(
            is_valid=pl.coalesce((valid & is_sale).cast(pl.String), "is_valid"),
            status=pl.when(returned & is_sale).then(pl.lit("returned")).otherwise("status"),
        )
        .with_columns(status=pl.when(unclear).then(pl.format("is_returned {}", "is_returned")).otherwise("status"))
    )


def _with_address(orders: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """An order has its own address if it has a city, state or zip, or another region or country than its customer."""
    theirs = customers.select("customer_id", pl.col(ADDRESS).name.prefix("customer_"))
    joined = orders.join(theirs, on="customer_id", how="left", maintain_order="left")
    names_place = pl.any_horizontal(text(name).is_not_null() for name in ("city", "state", "zip"))
    is_elsewhere = pl.any_horizontal(_differ(name, f"customer_{name}") for name in ("region", "country"))
    own_or_theirs = [
        pl.when(names_place | is_elsewhere).then(name).otherwise(pl.coalesce(text(name), f"customer_{name}")).alias(name)
        for name in ADDRESS
    ]
    return joined.with_columns(own_or_theirs).drop(f"customer_{name}" for name in ADDRESS)


def _differ(one: str, other: str) -> pl.Expr:
    """Whether both texts exist and differ, ignoring case."""
    return (text(one).str.to_lowercase() != text(other).str.to_lowercase()).fill_null(False)


def shape_order_items(rows: pl.DataFrame, lookups: Lookups) -> pl.DataFrame:
    """Gross sales are computed from the published price, so that they can be recomputed."""
    lines = filled(rows, files.ORDER_ITEMS)
    price, quantity = read(lines["unit_price"], PRICE), read(lines["quantity"], INTEGER)
    return lines.with_columns(gross_sales=gross_sales(price, quantity), is_discounted=_is_discounted(rows))


def _is_discounted(rows: pl.DataFrame) -> pl.Expr:
    """As text: an amount above 0 decides; then what the source states; then an amount of 0."""
    amount = pl.lit(read(rows["discount"], MONEY))
    return (
        pl.when(amount > 0)
        .then(pl.lit("yes"))
        .otherwise(pl.coalesce(text("is_discounted"), pl.when(amount == 0).then(pl.lit("no"))))
    )


def shape_payments(rows: pl.DataFrame, lookups: Lookups) -> pl.DataFrame:
    return filled(rows, files.PAYMENTS).with_columns(text(name).str.to_lowercase() for name in ("method", "status"))


def shape_refunds(rows: pl.DataFrame, lookups: Lookups) -> pl.DataFrame:
    return rows


def shape_reviews(rows: pl.DataFrame, lookups: Lookups) -> pl.DataFrame:
    """Line ends within a message become `\\n`."""
    return filled(rows, files.REVIEWS).with_columns(pl.col("title", "comment").str.replace_all("\r\n", "\n", literal=True))


def shape_products(rows: pl.DataFrame, lookups: Lookups) -> pl.DataFrame:
    """A weight of 0 grams was not measured and becomes null."""
    weighed = read(rows["weight_g"], NUMBER) != 0
    return filled(rows, files.PRODUCTS).with_columns(weight_g=pl.when(weighed.fill_null(True)).then("weight_g"))


def shape_sellers(rows: pl.DataFrame, lookups: Lookups) -> pl.DataFrame:
    return rows


def shape_places(rows: pl.DataFrame, lookups: Lookups) -> pl.DataFrame:
    return filled(rows, files.PLACES)


def shape_targets(rows: pl.DataFrame, lookups: Lookups) -> pl.DataFrame:
    """A month may be written without its first day."""
    month = text("month").str.replace(r"^([0-9]{4}-[0-9]{2})$", "$1-01")
    return rows.with_columns(month, text("kpi").str.to_lowercase())


def shape_events(rows: pl.DataFrame, lookups: Lookups) -> pl.DataFrame:
    return rows


def filled(rows: pl.DataFrame, file: CanonicalFile) -> pl.DataFrame:
    """The rows with defaults for empty fields; the lineage and every other field are unchanged."""
    return rows.select(
        *(name for name in file.delivered.columns if name not in file.defaults),
        *(pl.coalesce(text(name), pl.lit(default)).alias(name) for name, default in file.defaults.items()),
        *LINEAGE,
    )
