"""Shopify's order export: a row per line, zoned times, zips with an apostrophe.

The columns of an order are filled on its first row only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from ecom_lake.synth.randomness import chance
from ecom_lake.synth.shapes.shape import WRITTEN_AT, Shape, Sheet, filled, money, zoned
from ecom_lake.synth.shapes.sold import Sold, one_payment_each, with_guests, with_whole_refunds

_EXPORT = Sheet("orders_export.csv")
_GUESTS, _PENDING, _BY_CODE = 0.08, 0.02, 0.5
_TAX_PERCENT = 10
_FULFILLED = ("delivered", "shipped", "returned")
_METHODS = {
    "credit_card": "Shopify Payments",
    "boleto": "Bank Deposit",
    "voucher": "Gift Card",
    "debit_card": "PayPal Express Checkout",
}
_HEADER = (
    "Name|Email|Financial Status|Paid at|Fulfillment Status|Fulfilled at|Accepts Marketing|Currency|Subtotal|"
    "Shipping|Taxes|Total|Discount Code|Discount Amount|Shipping Method|Created at|Lineitem quantity|Lineitem name|"
    "Lineitem price|Lineitem compare at price|Lineitem sku|Lineitem requires shipping|Lineitem taxable|"
    "Lineitem fulfillment status|Billing Name|Billing Street|Billing Address1|Billing Address2|Billing Company|"
    "Billing City|Billing Zip|Billing Province|Billing Country|Billing Phone|Shipping Name|Shipping Street|"
    "Shipping Address1|Shipping Address2|Shipping Company|Shipping City|Shipping Zip|Shipping Province|"
    "Shipping Country|Shipping Phone|Notes|Note Attributes|Cancelled at|Payment Method|Payment Reference|"
    "Refunded Amount|Vendor|Outstanding Balance|Employee|Location|Device ID|Id|Tags|Risk Level|Source|"
    "Lineitem discount|Tax 1 Name|Tax 1 Value|Tax 2 Name|Tax 2 Value|Tax 3 Name|Tax 3 Value|Tax 4 Name|Tax 4 Value|"
    "Tax 5 Name|Tax 5 Value|Phone|Receipt Number|Duties|Billing Province Name|Shipping Province Name|Payment ID|"
    "Payment Terms Name|Next Payment Due At|Payment References"
)
_COLUMNS = tuple(_HEADER.split("|"))
_ON_EVERY_ROW = ("Name", "Email", "Created at", "Vendor")


class Shopify(Shape):
    name = "shopify"
    meaning = "Shopify's order export"

    def keep(self, sold: Sold) -> Sold:
        """Guests, tax on the net sales, discounts by line or by a code on the order, payments that are still pending.

        Delivery is not in the export: an order is fulfilled (shipped), paid (approved), pending (created), refunded or canceled.
        """
        guests = with_guests(self.options.seed, sold, _GUESTS)
        orders = guests.orders
        is_pending = self._draw("payment is pending", orders) < _PENDING
        status = pl.col("status")
        orders = orders.with_columns(
            status=pl.when(~pl.col("is_valid"))
            .then(pl.lit("canceled"))
            .when(status == "returned")
            .then(pl.lit("returned"))
            .when(is_pending)
            .then(pl.lit("created"))
            .when(status.is_in(_FULFILLED))
            .then(pl.lit("shipped"))
            .otherwise(pl.lit("approved"))
        )
        lines = guests.lines.with_columns(tax=((pl.col("gross") - pl.col("discount")) * _TAX_PERCENT + 50) // 100)
        kept = one_payment_each(guests.only(orders, lines))
        unpaid = kept.orders.filter(pl.col("status") == "created")["order"].implode()
        payments = kept.payments.with_columns(
            status=pl.when(pl.col("order").is_in(unpaid)).then(pl.lit("pending")).otherwise("status")
        )
        refunds = kept.refunds.filter(~pl.col("order").is_in(unpaid))
        return with_whole_refunds(replace(kept, payments=payments, refunds=refunds))

    def sheets(self, kept: Sold) -> Iterable[tuple[Sheet, pl.DataFrame]]:
        """An order that is refunded after its delivery to the lake comes again, whole; within it, it is delivered refunded."""
        rows = _rows(kept)
        rows = rows.with_columns(by_code=self._draw("discount by a code", rows) < _BY_CODE)
        is_refunded = pl.col("refunded") > 0
        self.planted.update(
            orders_of_several_rows=len(rows.filter("is_first", pl.len().over("order") > 1)),
            partial_refunds=len(rows.filter("is_first", is_refunded & (pl.col("status") != "returned"))),
        )
        if self.options.by_day or self.options.by_month:
            delivery = "%Y-%m-%d" if self.options.by_day else "%Y-%m"
            is_later = pl.col("refunded_at").dt.strftime(delivery) != pl.col("ordered_at").dt.strftime(delivery)
            comes_again = is_refunded & is_later.fill_null(False)
            again = rows.filter(comes_again)
            before = pl.when(comes_again & (pl.col("status") == "returned")).then(pl.lit("shipped")).otherwise("status")
            rows = rows.with_columns(status=before, refunded=pl.when(comes_again).then(0).otherwise("refunded"))
            self.planted.update(orders_that_come_again=again["order"].n_unique())
            yield _EXPORT, _records(again, pl.col("refunded_at"))
        yield _EXPORT, _records(rows, pl.col("ordered_at"))

    def _draw(self, what: str, rows: pl.DataFrame) -> pl.Series:
        return pl.Series(chance(self.options.seed, what, rows["order"].to_numpy()))


def _rows(kept: Sold) -> pl.DataFrame:
    """One row per line, with the amounts of its order."""
    owed = kept.lines.group_by("order").agg(
        subtotal=pl.sum("gross") - pl.sum("discount"),
        shipping=pl.sum("freight"),
        taxes=pl.sum("tax"),
        order_discount=pl.sum("discount"),
    )
    refunded = kept.refunds.group_by("order").agg(refunded=pl.sum("amount"), refunded_at=pl.max("refunded_at"))
    methods = kept.payments.select("order", "method")
    rows = kept.lines.drop("is_valid").join(kept.orders, on="order", maintain_order="left")
    for of_order in (owed, refunded, methods):
        rows = rows.join(of_order, on="order", how="left", maintain_order="left")
    return rows.with_columns(pl.col("refunded").fill_null(0), is_first=pl.col("line") == pl.col("line").min().over("order"))


def _records(rows: pl.DataFrame, at: pl.Expr) -> pl.DataFrame:
    cells = {**_order_cells(), **_line_cells()}
    named = [cells.get(name, pl.lit(None, pl.String)).alias(name) for name in _COLUMNS]
    first_only = [name for name in _COLUMNS if name not in _ON_EVERY_ROW and not name.startswith("Lineitem")]
    records = rows.select(*named, "is_first", at.alias(WRITTEN_AT))
    return records.with_columns(pl.when("is_first").then(name).alias(name) for name in first_only).drop("is_first")


def _order_cells() -> dict[str, pl.Expr]:
    status, is_canceled = pl.col("status"), pl.col("status") == "canceled"
    financial = (
        pl.when(is_canceled).then(pl.lit("voided"))
        .when(status == "returned").then(pl.lit("refunded"))
        .when(status == "created").then(pl.lit("pending"))
        .when(pl.col("refunded") > 0).then(pl.lit("partially_refunded"))
        .otherwise(pl.lit("paid"))
    )  # fmt: skip
    is_fulfilled = status.is_in(("shipped", "returned"))
    is_paid = ~status.is_in(("canceled", "created"))
    total = pl.col("subtotal") + pl.col("shipping") + pl.col("taxes")
    has_code = pl.col("by_code") & (pl.col("order_discount") > 0)
    buyer = pl.lit("Customer ") + pl.col("person").cast(pl.String)
    return {
        "Name": pl.lit("#") + (pl.col("order") + 1001).cast(pl.String),
        "Email": pl.when(pl.col("customer_id").is_not_null()).then(
            pl.lit("customer") + pl.col("person").cast(pl.String) + pl.lit("@example.com")
        ),
        "Financial Status": financial,
        "Paid at": pl.when(is_paid).then(zoned(pl.coalesce("approved_at", "ordered_at"))),
        "Fulfillment Status": pl.when(is_fulfilled).then(pl.lit("fulfilled")).otherwise(pl.lit("unfulfilled")),
        "Fulfilled at": pl.when(is_fulfilled).then(zoned(pl.col("shipped_at"))),
        "Accepts Marketing": pl.lit("no"),
        "Currency": pl.lit("BRL"),
        "Subtotal": money(pl.col("subtotal")),
        "Shipping": money(pl.col("shipping")),
        "Taxes": money(pl.col("taxes")),
        "Total": money(total),
        "Discount Code": pl.when(has_code).then(pl.lit("WELCOME")),
        "Discount Amount": money(pl.col("order_discount")),
        "Shipping Method": pl.lit("Standard"),
        "Created at": zoned(pl.col("ordered_at")),
        **{f"{which} {what}": cell for which in ("Billing", "Shipping") for what, cell in _address_cells(buyer).items()},
        "Cancelled at": pl.when(is_canceled).then(zoned(pl.col("ordered_at"))),
        "Payment Method": pl.col("method").replace_strict(_METHODS, default=None),
        "Payment Reference": pl.lit("r") + pl.col("order").cast(pl.String) + pl.lit(".1"),
        "Refunded Amount": money(pl.col("refunded")),
        "Vendor": pl.lit("Demo Shop"),
        "Outstanding Balance": money(pl.when(status == "created").then(total).otherwise(0)),
        "Id": (pl.col("order") + 5_000_000_000).cast(pl.String),
        "Risk Level": pl.lit("Low"),
        "Source": filled(pl.col("channel")),
        "Tax 1 Name": pl.lit(f"Sales tax {_TAX_PERCENT}%"),
        "Tax 1 Value": money(pl.col("taxes")),
    }


def _address_cells(buyer: pl.Expr) -> dict[str, pl.Expr]:
    """The apostrophe keeps a spreadsheet from dropping leading zeros."""
    return {
        "Name": buyer,
        "City": pl.col("city").str.to_titlecase(),
        "Zip": pl.lit("'") + pl.col("zip"),
        "Province": pl.col("state"),
        "Country": pl.lit("BR"),
        "Province Name": pl.col("state"),
    }


def _line_cells() -> dict[str, pl.Expr]:
    return {
        "Lineitem quantity": pl.col("quantity").cast(pl.String),
        "Lineitem name": pl.col("name"),
        "Lineitem price": money(pl.col("unit_price")),
        "Lineitem sku": pl.col("sku"),
        "Lineitem requires shipping": pl.lit("true"),
        "Lineitem taxable": pl.lit("true"),
        "Lineitem fulfillment status": pl.when(pl.col("status").is_in(("shipped", "returned")))
        .then(pl.lit("fulfilled"))
        .otherwise(pl.lit("pending")),
        "Lineitem discount": money(pl.when("by_code").then(0).otherwise("discount")),
    }
