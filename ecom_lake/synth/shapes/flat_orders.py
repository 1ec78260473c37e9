"""One sheet of sales with a row per order and no order number, kept by hand: two files, each with its own date format."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import polars as pl

from ecom_lake.synth.randomness import chance
from ecom_lake.synth.shapes.shape import WRITTEN_AT, Shape, Sheet, filled, money, text_of_time
from ecom_lake.synth.shapes.sold import Sold

_OLDER = Sheet("sales_sheet_older.csv")
_NEWER = Sheet("sales_sheet_newer.csv", separator=";", newline="\r\n", byte_order_mark=True)
_OLDER_DATES, _NEWER_DATES = "%m/%d/%Y", "%d-%m-%Y"
_STATUSES = {"delivered": "Delivered", "returned": "Returned", "in_transit": "In Transit", "unknown": None}
_NO_REGION, _NO_STATUS, _NOISY_PRICE = 0.03, 0.03, 0.02
_HEADERS = (
    "Customer ID",
    "Gender",
    "Region",
    "Age",
    "Product Name",
    "Category",
    "Unit Price",
    "Quantity",
    "Total Price",
    "Shipping Fee",
    "Shipping Status",
    "Order Date",
)


class FlatOrders(Shape):
    name = "flat_orders"
    meaning = "one sheet of sales, a row per order"

    def keep(self, sold: Sold) -> Sold:
        """Valid orders, each with its first line; no discounts and payments. A missing status is unknown."""
        orders = sold.orders.filter("is_valid")
        known = self._draw("status is known", orders) >= _NO_STATUS
        status = pl.when(pl.col("status").is_in(("delivered", "returned"))).then("status").otherwise(pl.lit("in_transit"))
        orders = orders.with_columns(status=pl.when(known).then(status).otherwise(pl.lit("unknown")))
        lines = sold.lines.unique("order", keep="first", maintain_order=True).with_columns(discount=pl.lit(0, pl.Int64))
        kept = sold.only(orders, lines)
        return replace(kept, payments=kept.payments.clear(), refunds=kept.refunds.clear())

    def sheets(self, kept: Sold) -> Iterable[tuple[Sheet, pl.DataFrame]]:
        """The unit price of a few rows is wrong; the total price is always that of the sale."""
        orders = kept.orders
        is_noisy = self._draw("unit price is wrong", orders) < _NOISY_PRICE
        noise = pl.Series(1 + (self._draw("wrong by", orders).to_numpy() * 20 * 100).astype(np.int64))
        has_region = self._draw("region is known", orders) >= _NO_REGION
        self.planted.update(
            wrong_unit_prices=int(is_noisy.sum()),
            missing_regions=int((~has_region).sum()),
            missing_statuses=int((orders["status"] == "unknown").sum()),
        )
        rows = kept.lines.join(orders, on="order", maintain_order="left").with_columns(self._people(orders))
        is_older = self._is_older(kept.month)
        sheet, dates = (_OLDER, _OLDER_DATES) if is_older else (_NEWER, _NEWER_DATES)
        headers = _HEADERS if is_older else tuple(header.lower() for header in _HEADERS)
        cells = (
            pl.col("customer_id").str.slice(0, 10),
            filled(pl.col("gender")),
            pl.when(has_region).then("region"),
            pl.col("age"),
            pl.col("name"),
            filled(pl.col("category")),
            money(pl.col("unit_price") + pl.when(is_noisy).then(noise).otherwise(0)),
            pl.col("quantity").cast(pl.String),
            money(pl.col("gross")),
            money(pl.col("freight")),
            pl.col("status").replace_strict(_STATUSES),
            text_of_time(pl.col("ordered_at"), dates),
        )
        named = (cell.alias(header) for cell, header in zip(cells, headers, strict=True))
        yield sheet, rows.select(*named, pl.col("ordered_at").alias(WRITTEN_AT))

    def _people(self, orders: pl.DataFrame) -> list[pl.Series]:
        """Age and gender by person; some people write another gender in every second order."""
        person = orders["person"].to_numpy()

        def draw(what: str) -> pl.Series:
            return pl.Series(chance(self.options.seed, f"person's {what} in the sheet", person))

        age = pl.select(pl.when(draw("age is known") >= 0.05).then((18 + draw("age") * 60).floor().cast(pl.Int64))).to_series()
        is_other = (draw("gender conflicts") < 0.3) & pl.Series(orders["order"].to_numpy() % 2 == 0)
        is_female = (draw("gender") < 0.55) != is_other
        gender = pl.select(pl.when(is_female).then(pl.lit("Female")).otherwise(pl.lit("Male"))).to_series()
        self.planted.update(missing_ages=age.null_count())
        return [age.cast(pl.String).alias("age"), gender.alias("gender")]

    def _draw(self, what: str, orders: pl.DataFrame) -> pl.Series:
        return pl.Series(chance(self.options.seed, what, orders["order"].to_numpy()))

    def _is_older(self, month: str) -> bool:
        """Whether the month is in the first half of the shop's months."""
        number = int(np.datetime64(month, "M").astype(np.int64))
        return number - self.options.months[0] < (len(self.options.months) + 1) // 2
