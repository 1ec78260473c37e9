"""WooCommerce orders, as a common export plugin writes them in a European shop: semicolons, decimal commas, a byte order mark.

There is a row per line, and every row repeats the columns of its order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from ecom_lake.synth.randomness import chance
from ecom_lake.synth.shapes.shape import WRITTEN_AT, Shape, Sheet, money, text_of_time
from ecom_lake.synth.shapes.sold import Sold, one_payment_each, with_guests, with_whole_refunds

_EXPORT = Sheet("woocommerce-orders.csv", separator=";", newline="\r\n", byte_order_mark=True)
_GUESTS, _ON_HOLD, _FAILED = 0.15, 0.02, 0.02
_TAX_PERCENT = 10
_METHODS = {"credit_card": "Credit card (Stripe)", "boleto": "Direct bank transfer", "voucher": "Voucher", "debit_card": "PayPal"}
_WORDS = {"Cancelled": "canceled", "Failed": "canceled", "Refunded": "returned", "On hold": "created", "Completed": "delivered",
          "Processing": "processing"}  # fmt: skip
"""The status that the map must find for each word of the export."""


class WooCommerce(Shape):
    name = "woocommerce"
    meaning = "WooCommerce orders, as an export plugin writes them"

    def keep(self, sold: Sold) -> Sold:
        """Guests, tax on the net sales, discounts of the cart; a completed order was delivered, a failed one was never paid."""
        guests = with_guests(self.options.seed, sold, _GUESTS)
        share = pl.Series(chance(self.options.seed, "checkout", guests.orders["order"].to_numpy()))
        word = (
            pl.when(~pl.col("is_valid")).then(pl.lit("Cancelled"))
            .when(pl.col("status") == "returned").then(pl.lit("Refunded"))
            .when(share < _FAILED).then(pl.lit("Failed"))
            .when(share < _FAILED + _ON_HOLD).then(pl.lit("On hold"))
            .when(pl.col("status") == "delivered").then(pl.lit("Completed"))
            .otherwise(pl.lit("Processing"))
        )  # fmt: skip
        orders = guests.orders.with_columns(word=word)
        status = pl.col("word").replace_strict(_WORDS)
        orders = orders.with_columns(status=status, is_valid=status != "canceled")
        lines = guests.lines.with_columns(tax=((pl.col("gross") - pl.col("discount")) * _TAX_PERCENT + 50) // 100)
        kept = one_payment_each(guests.only(orders, lines))
        unpaid = kept.orders.filter(pl.col("status").is_in(("created", "canceled")))["order"].implode()
        payments = kept.payments.with_columns(
            status=pl.when(pl.col("order").is_in(unpaid)).then(pl.lit("pending")).otherwise("status")
        )
        refunds = kept.refunds.filter(~pl.col("order").is_in(unpaid))
        return with_whole_refunds(replace(kept, payments=payments, refunds=refunds))

    def sheets(self, kept: Sold) -> Iterable[tuple[Sheet, pl.DataFrame]]:
        rows = _rows(kept)
        self.planted.update(
            orders_of_several_rows=len(rows.filter(pl.len().over("order") > 1).select("order").unique()),
            refunded_orders=kept.refunds["order"].n_unique(),
        )
        yield _EXPORT, rows.select(**_cells(), **{WRITTEN_AT: pl.col("ordered_at")})


def _rows(kept: Sold) -> pl.DataFrame:
    """One row per line, with the amounts of its order."""
    owed = kept.lines.group_by("order").agg(
        subtotal=pl.sum("gross"), cart_discount=pl.sum("discount"), shipping=pl.sum("freight"), taxes=pl.sum("tax")
    )
    refunded = kept.refunds.group_by("order").agg(refunded=pl.sum("amount"))
    refunded_units = kept.refunds.select("order", "line", refunded_units="quantity")
    methods = kept.payments.select("order", "method")
    rows = kept.lines.drop("is_valid").join(kept.orders, on="order", maintain_order="left")
    for of_order in (owed, refunded, methods):
        rows = rows.join(of_order, on="order", how="left", maintain_order="left")
    rows = rows.join(refunded_units, on=["order", "line"], how="left", maintain_order="left")
    return rows.with_columns(pl.col("refunded", "refunded_units").fill_null(0))


def _cells() -> dict[str, pl.Expr]:
    comma = ","
    buyer = pl.col("person").cast(pl.String)
    has_coupon = pl.col("cart_discount") > 0
    after_discount = ((pl.col("gross") - pl.col("discount")) * 2 + pl.col("quantity")) // (2 * pl.col("quantity"))
    total = pl.col("subtotal") - pl.col("cart_discount") + pl.col("shipping") + pl.col("taxes")
    address = {"First Name": pl.lit("Customer"), "Last Name": buyer, "City": pl.col("city"), "State Code": pl.col("state"),
               "Postcode": pl.col("zip"), "Country Code": pl.lit("BR")}  # fmt: skip
    return {
        "Order Number": (pl.col("order") + 2001).cast(pl.String),
        "Order Status": pl.col("word"),
        "Order Date": text_of_time(pl.col("ordered_at"), "%Y-%m-%d %H:%M"),
        **{f"{what} (Billing)": cell for what, cell in address.items()},
        "Email (Billing)": pl.when(pl.col("customer_id").is_not_null()).then(pl.lit("customer") + buyer + pl.lit("@example.com")),
        **{f"{what} (Shipping)": cell for what, cell in address.items()},
        "Payment Method Title": pl.col("method").replace_strict(_METHODS, default=None),
        "Cart Discount Amount": money(pl.col("cart_discount"), comma),
        "Order Subtotal Amount": money(pl.col("subtotal"), comma),
        "Shipping Method Title": pl.lit("Flat rate"),
        "Order Shipping Amount": money(pl.col("shipping"), comma),
        "Order Refund Amount": money(pl.col("refunded"), comma),
        "Order Total Amount": money(total, comma),
        "Order Total Tax Amount": money(pl.col("taxes"), comma),
        "SKU": pl.col("sku"),
        "Item #": pl.col("line").cast(pl.String),
        "Item Name": pl.col("name"),
        "Quantity": pl.col("quantity").cast(pl.String),
        "Quantity (- Refund)": (pl.col("quantity") - pl.col("refunded_units")).cast(pl.String),
        "Item Cost": money(after_discount, comma),
        "Item Cost Before Discount": money(pl.col("unit_price"), comma),
        "Coupon Code": pl.when(has_coupon).then(pl.lit("welcome")),
        "Discount Amount": pl.when(has_coupon).then(money(pl.col("cart_discount"), comma)),
        "Discount Amount Tax": pl.when(has_coupon).then(pl.lit("0,00")),
    }
