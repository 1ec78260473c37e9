"""Four tables of a marketplace's order details: codes for payment methods, flags per line, and the brand only in the name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from ecom_lake.synth.randomness import chance
from ecom_lake.synth.shapes.shape import WRITTEN_AT, Shape, Sheet, filled, money, text_of_time
from ecom_lake.synth.shapes.sold import Sold

_CUSTOMERS, _ORDERS = Sheet("customer_detail.csv"), Sheet("order_detail.csv")
_PRODUCTS, _PAYMENTS = Sheet("sku_detail.csv"), Sheet("payment_detail.csv")
_METHODS = {1: "cod", 2: "Payaxis", 3: "customercredit", 4: "Easypay", 5: "jazzwallet"}
_INVALID_LINE = 0.05
_DELIVERED = ("delivered", "returned")


class FourTables(Shape):
    name = "four_tables"
    meaning = "customers, order lines, products and payment methods"

    def keep(self, sold: Sold) -> Sold:
        """Lines of canceled orders, and some others, are not valid; an order is valid if one of its lines is. No freight.

        The export has no status: a valid order is paid (approved) or finished (delivered).
        """
        is_sale = sold.orders.select("order", sale="is_valid")
        lines = sold.lines.join(is_sale, on="order", maintain_order="left")
        number = lines["order"].to_numpy() * 64 + lines["line"].to_numpy()
        is_paid = pl.Series(chance(self.options.seed, "line is valid", number) >= _INVALID_LINE)
        lines = lines.with_columns(is_valid=pl.col("sale") & is_paid, freight=pl.lit(0, pl.Int64)).drop("sale")
        valid = lines.filter("is_valid").select("order").unique().with_columns(some_valid=pl.lit(True))
        orders = sold.orders.join(valid, on="order", how="left", maintain_order="left").with_columns(
            is_valid=pl.col("some_valid").fill_null(False),
            status=pl.when(pl.col("some_valid").is_null())
            .then(pl.lit("created"))
            .when(pl.col("status").is_in(_DELIVERED))
            .then(pl.lit("delivered"))
            .otherwise(pl.lit("approved")),
        )
        kept = sold.only(orders.drop("some_valid"), lines)
        return replace(kept, payments=self._payments(kept), refunds=kept.refunds.clear())

    def sheets(self, kept: Sold) -> Iterable[tuple[Sheet, pl.DataFrame]]:
        if kept.month == self.options.first_month:
            yield _PAYMENTS, self._payment_methods(kept)
        yield _CUSTOMERS, self._customers(kept)
        yield _PRODUCTS, self._products(kept)
        yield _ORDERS, self._lines(kept)

    def _payments(self, kept: Sold) -> pl.DataFrame:
        """The valid lines of an order are paid at once, with one method."""
        owed = kept.lines.filter("is_valid").group_by("order").agg(amount=pl.sum("gross") - pl.sum("discount"))
        paid = kept.orders.filter("is_valid").select("order", paid_at="ordered_at").join(owed, on="order", maintain_order="left")
        return paid.select(
            "order",
            pl.lit(1, pl.Int64).alias("sequence"),
            self._method(paid["order"]).replace_strict(_METHODS).alias("method"),
            pl.lit(1, pl.Int64).alias("instalments"),
            "amount",
            pl.lit("paid").alias("status"),
            "paid_at",
        )

    def _method(self, order: pl.Series) -> pl.Series:
        share = chance(self.options.seed, "payment method", order.to_numpy())
        return pl.Series(1 + (share * len(_METHODS)).astype("int64"))

    def _payment_methods(self, kept: Sold) -> pl.DataFrame:
        at = kept.orders["ordered_at"].min()
        return pl.DataFrame({"id": [str(code) for code in _METHODS], "payment_method": list(_METHODS.values())}).with_columns(
            pl.lit(at, pl.Datetime("ms")).alias(WRITTEN_AT)
        )

    def _customers(self, kept: Sold) -> pl.DataFrame:
        """A few people ordered before they registered."""
        people = kept.customers
        self.planted.update(registered_after_the_first_order=int((people["registered_at"] > people["met_at"]).sum()))
        return people.select(
            id=customer_code(),
            registered_date=text_of_time(pl.coalesce("registered_at", "met_at"), "%Y-%m-%d"),
            **{WRITTEN_AT: pl.col("met_at")},
        )

    def _products(self, kept: Sold) -> pl.DataFrame:
        return kept.products.select(
            id="sku",
            sku_name=pl.col("name").str.replace_all(" ", "_"),
            base_price=money(pl.col("list_price")),
            cogs=money(pl.col("cost")),
            category=filled(pl.col("category")),
            **{WRITTEN_AT: pl.col("launched_at")},
        )

    def _lines(self, kept: Sold) -> pl.DataFrame:
        lines = kept.lines.join(kept.orders.drop("is_valid"), on="order", maintain_order="left")
        flags = {
            "is_gross": ~pl.col("is_valid"),
            "is_valid": pl.col("is_valid"),
            "is_net": pl.col("is_valid") & (pl.col("status") == "delivered"),
        }
        self.planted.update(invalid_lines=int((~lines["is_valid"]).sum()))
        return lines.select(
            id=pl.lit("ODR") + pl.col("order").cast(pl.String).str.zfill(8),
            customer_id=customer_code(),
            order_date=text_of_time(pl.col("ordered_at"), "%Y-%m-%d"),
            sku_id="sku",
            price=money(pl.col("unit_price")),
            qty_ordered=pl.col("quantity").cast(pl.String),
            before_discount=money(pl.col("gross")),
            discount_amount=money(pl.col("discount")),
            after_discount=money(pl.col("gross") - pl.col("discount")),
            **{name: flag.cast(pl.Int8).cast(pl.String) for name, flag in flags.items()},
            payment_id=self._method(lines["order"]).cast(pl.String),
            **{WRITTEN_AT: pl.col("ordered_at")},
        )


def customer_code() -> pl.Expr:
    return pl.lit("C") + pl.col("person").cast(pl.String).str.zfill(7) + pl.lit("L")
