"""A survey of customers without dates: the last purchase of each, a review rating with gaps, and habits in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import polars as pl

from ecom_lake.synth.randomness import chance, one_of
from ecom_lake.synth.shapes.shape import WRITTEN_AT, Shape, Sheet, filled, money
from ecom_lake.synth.shapes.sold import Sold

_SURVEY = Sheet("shopping_survey.csv", newline="\r\n")
_FREQUENCIES = ("Weekly", "Fortnightly", "Bi-Weekly", "Monthly", "Quarterly", "Every 3 Months", "Annually")
_SIZES = ("S", "M", "L", "XL")
_COLOURS = ("Black", "White", "Teal", "Maroon", "Olive", "Gray")
_SHIPPING = ("Standard", "Express", "Free Shipping", "Store Pickup", "Next Day Air", "2-Day Shipping")
_METHODS = ("Credit Card", "Venmo", "Cash", "PayPal", "Debit Card", "Bank Transfer")
_SEASONS = ("Winter", "Spring", "Summer", "Fall")
_NO_RATING, _DISCOUNTED = 0.02, 0.43


class Shoppers(Shape):
    name = "shoppers"
    meaning = "a survey of customers without dates, one purchase each"
    has_dates = False

    def keep(self, sold: Sold) -> Sold:
        """The first valid order of each person, with its first line as one unit. How much discount it had is not known."""
        firsts = sold.orders.filter("is_valid").join(
            sold.customers.select("person"), on="person", how="semi", maintain_order="left"
        )
        orders = firsts.unique("person", keep="first", maintain_order=True).with_columns(status=pl.lit("unknown"))
        lines = sold.lines.unique("order", keep="first", maintain_order=True)
        whole = (pl.col("gross") // pl.col("quantity") // 100) * 100
        one_unit = lines.with_columns(
            quantity=pl.lit(1, pl.Int64), unit_price=whole, gross=whole, discount=pl.lit(0, pl.Int64), freight=pl.lit(0, pl.Int64)
        )
        kept = sold.only(orders, one_unit)
        owed = kept.lines.select("order", amount="gross")
        payments = kept.payments.unique("order", keep="first", maintain_order=True).drop("amount").join(owed, on="order")
        return replace(kept, payments=payments, refunds=kept.refunds.clear())

    def sheets(self, kept: Sold) -> Iterable[tuple[Sheet, pl.DataFrame]]:
        rows = kept.lines.join(kept.orders, on="order", maintain_order="left").join(
            kept.customers, on="person", maintain_order="left"
        )
        order = rows["order"].to_numpy()

        def share(what: str) -> pl.Series:
            return pl.Series(chance(self.options.seed, f"survey: {what}", order))

        def one(what: str, words: tuple[str, ...]) -> pl.Series:
            return pl.Series(words).gather((share(what) * len(words)).floor().cast(pl.Int64))

        is_rated = share("is rated") >= _NO_RATING
        is_discounted = share("discount") < _DISCOUNTED
        rating = pl.Series(25 + (share("rating").to_numpy() * 26).astype(np.int64))
        discounted = pl.select(pl.when(is_discounted).then(pl.lit("Yes")).otherwise(pl.lit("No"))).to_series()
        self.planted.update(missing_ratings=int((~is_rated).sum()), discounted=int(is_discounted.sum()))
        yield (
            _SURVEY,
            rows.select(
                (pl.col("person") + 1).cast(pl.String).alias("Customer ID"),
                pl.coalesce("age", pl.lit("40")).alias("Age"),
                pl.Series("Gender", ["Female", "Male"]).gather(one_of(share("gender").to_numpy(), (0.5, 0.5))),
                pl.col("name").alias("Item Purchased"),
                filled(pl.col("category")).alias("Category"),
                money(pl.col("gross")).str.strip_suffix(".00").alias("Purchase Amount (USD)"),
                pl.col("state").alias("Location"),
                one("size", _SIZES).alias("Size"),
                one("colour", _COLOURS).alias("Color"),
                one("season", _SEASONS).alias("Season"),
                pl.when(is_rated)
                .then((rating // 10).cast(pl.String) + "." + (rating % 10).cast(pl.String))
                .alias("Review Rating"),
                one("subscription", ("Yes", "No", "No")).alias("Subscription Status"),
                one("shipping", _SHIPPING).alias("Shipping Type"),
                discounted.alias("Discount Applied"),
                discounted.alias("Promo Code Used"),
                pl.col("prior_purchases").cast(pl.String).alias("Previous Purchases"),
                one("method", _METHODS).alias("Payment Method"),
                one("frequency", _FREQUENCIES).alias("Frequency of Purchases"),
                pl.col("ordered_at").alias(WRITTEN_AT),
            ),
        )
