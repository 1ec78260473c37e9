"""The tables of a shop's own database: customers, orders, order_items, products, and payments that may fail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import polars as pl

from ecom_lake.synth.randomness import chance
from ecom_lake.synth.shapes.shape import WRITTEN_AT, Shape, Sheet, filled, money, utc
from ecom_lake.synth.shapes.sold import Sold

_CUSTOMERS, _ORDERS, _ORDER_ITEMS = Sheet("customers.csv"), Sheet("orders.csv"), Sheet("order_items.csv")
_PRODUCTS, _PAYMENTS = Sheet("products.csv"), Sheet("payments.csv")
_FAILED_BEFORE, _STILL_PENDING = 0.06, 0.02
_WORDS = {"canceled": "cancelled", "created": "pending", "approved": "paid", "invoiced": "paid", "unavailable": "cancelled"}
"""The database's word for a status, where it is another."""
_STATUSES = {"paid": "approved", "cancelled": "canceled", "pending": "created"}
"""The status that the map must find."""
_PAID = {"paid": "succeeded", "pending": "pending", "failed": "failed"}


class ShopDatabase(Shape):
    name = "shop_database"
    meaning = "the tables of a shop's database: customers, orders, order_items, products, payments"

    def keep(self, sold: Sold) -> Sold:
        """Some payments failed before another succeeded, and a few are still pending."""
        word = pl.col("status").replace(_WORDS)
        orders = sold.orders.with_columns(word=word, status=word.replace(_STATUSES))
        kept = sold.only(orders)
        return replace(kept, payments=self._payments(kept.payments), refunds=kept.refunds.clear())

    def sheets(self, kept: Sold) -> Iterable[tuple[Sheet, pl.DataFrame]]:
        yield _CUSTOMERS, self._customers(kept)
        yield (
            _PRODUCTS,
            kept.products.select(
                id=pl.col("product").cast(pl.String),
                sku="sku",
                name="name",
                category=filled(pl.col("category")),
                brand=filled(pl.col("brand")),
                price=money(pl.col("list_price")),
                cost=money(pl.col("cost")),
                **{WRITTEN_AT: pl.col("launched_at")},
            ),
        )
        yield (
            _ORDERS,
            kept.orders.select(
                id=pl.col("order").cast(pl.String),
                customer_id=pl.col("person").cast(pl.String),
                status="word",
                created_at=utc(pl.col("ordered_at")),
                shipped_at=utc(pl.col("shipped_at")),
                delivered_at=utc(pl.col("delivered_at")),
                shipping_city="city",
                shipping_state="state",
                shipping_zip="zip",
                source=filled(pl.col("channel")),
                **{WRITTEN_AT: pl.col("ordered_at")},
            ),
        )
        times = kept.orders.select("order", "ordered_at")
        lines = kept.lines.join(times, on="order", maintain_order="left")
        yield (
            _ORDER_ITEMS,
            lines.select(
                id=(pl.col("order") * 64 + pl.col("line")).cast(pl.String),
                order_id=pl.col("order").cast(pl.String),
                product_id=pl.col("product").cast(pl.String),
                quantity=pl.col("quantity").cast(pl.String),
                unit_price=money(pl.col("unit_price")),
                discount=money(pl.col("discount")),
                shipping_fee=money(pl.col("freight")),
                **{WRITTEN_AT: pl.col("ordered_at")},
            ),
        )
        self.planted.update(dict(kept.payments["status"].value_counts().iter_rows()))
        yield (
            _PAYMENTS,
            kept.payments.select(
                id=(pl.col("order") * 64 + pl.col("sequence")).cast(pl.String),
                order_id=pl.col("order").cast(pl.String),
                method="method",
                instalments=pl.col("instalments").cast(pl.String),
                amount=money(pl.col("amount")),
                status=pl.col("status").replace_strict(_PAID),
                created_at=utc(pl.col("paid_at")),
                **{WRITTEN_AT: pl.col("paid_at")},
            ),
        )

    def _payments(self, payments: pl.DataFrame) -> pl.DataFrame:
        share = pl.Series(chance(self.options.seed, "first attempt failed", payments["order"].to_numpy()))
        is_pending = (share >= _FAILED_BEFORE) & (share < _FAILED_BEFORE + _STILL_PENDING)
        payments = payments.with_columns(status=pl.when(is_pending).then(pl.lit("pending")).otherwise("status"))
        failed = payments.filter(share < _FAILED_BEFORE).with_columns(status=pl.lit("failed"), sequence=pl.col("sequence") + 32)
        return pl.concat([payments, failed]).sort("order", "sequence")

    def _customers(self, kept: Sold) -> pl.DataFrame:
        people = kept.customers
        year = int(self.options.last_month[:4])
        born = pl.Series(year - np.array([int(age or 40) for age in people["age"].to_list()], dtype=np.int64))
        return people.select(
            id=pl.col("person").cast(pl.String),
            email=pl.lit("customer") + pl.col("person").cast(pl.String) + pl.lit("@example.com"),
            gender=filled(pl.col("gender")),
            birth_year=pl.when(pl.col("age").is_not_null()).then(born.cast(pl.String)),
            newsletter=filled(pl.col("is_subscriber")),
            created_at=utc(pl.min_horizontal(pl.coalesce("registered_at", "met_at"), "met_at")),
            **{WRITTEN_AT: pl.col("met_at")},
        )
