"""What is known about an order on the day it is shipped, and the same in words: features, groups of features, and outcomes.

Not here: the SQL (features.sql, reviews.sql), and the model (review_risk_model.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from ecom_lake.engine.contracts.sql_file import sql_file
from ecom_lake.shop.rankings.hash_sample import ALL, HashSample
from ecom_lake.shop.rankings.reasons import Group
from ecom_lake.words import counted

BAD_SCORE = 2
"""A review is bad up to this score."""
SELLER_BAD_SHARE = "seller_bad_share"
FEATURES = (
    "wait_days",
    "slack_days",
    "promise_days",
    "same_state",
    "distance_km",
    "net_sales",
    "freight_share",
    "items",
    "sellers",
    "weight_kg",
    "instalments",
    SELLER_BAD_SHARE,
    "seller_reviews",
    "category_bad_share",
    "recent_bad_share",
)
"""Columns of features.sql."""


@dataclass(frozen=True)
class Orders:
    """The orders that are read: a sample, and all that were shipped after a day, which may be on the list."""

    sample: HashSample = ALL
    complete_after: date = date.max

    @property
    def parameters(self) -> dict[str, object]:
        return {"below": self.sample.below, "complete_after": self.complete_after}


EVERY_ORDER = Orders()


def shipped_orders(con: duckdb.DuckDBPyConnection, until: date, orders: Orders = EVERY_ORDER) -> pl.DataFrame:
    """A row for each valid order that was shipped by then, with its features on that day, in the order of their ids."""
    parameters = {"until": until, "bad_score": BAD_SCORE, **orders.parameters}
    shipped: pl.DataFrame = con.sql(sql_file(__file__, "features.sql"), params=parameters).pl()
    return shipped


def reviews_of(con: duckdb.DuckDBPyConnection, orders: Orders = EVERY_ORDER) -> pl.DataFrame:
    """A row for each review of a shipped order, by order, its latest review first. They are read once for all days of a fit."""
    reviews: pl.DataFrame = con.sql(sql_file(__file__, "reviews.sql"), params={"bad_score": BAD_SCORE, **orders.parameters}).pl()
    return reviews


def answers(reviews: pl.DataFrame, until: date, followed: int) -> pl.DataFrame:
    """The outcome of orders with a review by `until`: whether the latest one answered within so many days of shipping is bad;
    the day of the first answer; and whether an answer came before shipping."""
    known = reviews.filter(pl.col("answered_on") <= until)
    in_time = known.filter(pl.col("answered_on") <= pl.col("shipped_on") + pl.duration(days=followed))
    latest = in_time.unique("order_id", keep="first", maintain_order=True).select("order_id", "is_bad")
    by_order = known.group_by("order_id", maintain_order=True).agg(
        first_answered_on=pl.col("answered_on").min(),
        is_answered_before_shipping=(pl.col("answered_on") <= pl.col("shipped_on")).any(),
    )
    columns = ("order_id", "is_bad", "first_answered_on", "is_answered_before_shipping")
    return by_order.join(latest, on="order_id", how="left", maintain_order="left").select(columns)


def _single(feature: str, words: str) -> Group:
    """A group of one feature."""
    return Group(feature, (feature,), lambda values: None if _is_unknown(values[feature]) else words.format(values[feature]))


def _wait(values: Mapping[str, float]) -> str | None:
    wait = values["wait_days"]
    return None if _is_unknown(wait) else f"was shipped {counted(round(wait), 'day')} after the order"


def _promise(values: Mapping[str, float]) -> str | None:
    slack = values["slack_days"]
    if _is_unknown(slack):
        return None
    days = counted(round(abs(slack)), "day")
    return f"{days} left to the promised day" if slack >= 0 else f"was shipped {days} after the promised day"


def _route(values: Mapping[str, float]) -> str | None:
    distance = values["distance_km"]
    if not _is_unknown(distance):
        return f"travels {distance:,.0f} km"
    if _is_unknown(values["same_state"]):
        return None
    return "stays in the seller's state" if values["same_state"] else "goes to another state"


def _content(values: Mapping[str, float]) -> str | None:
    items, sellers = values["items"], values["sellers"]
    several = f" from {sellers:.0f} sellers" if sellers > 1 else ""
    return f"has {items:.0f} item{'' if items == 1 else 's'}{several}"


def _seller(values: Mapping[str, float]) -> str | None:
    share = values[SELLER_BAD_SHARE]
    return None if _is_unknown(share) else f"{share:.0%} of the seller's earlier reviews were bad"


def _is_unknown(value: float) -> bool:
    return value != value


GROUPS = (
    Group("wait", ("wait_days",), _wait),
    Group("promise", ("slack_days", "promise_days"), _promise),
    Group("route", ("same_state", "distance_km"), _route),
    _single("net_sales", "costs {:,.2f}"),
    _single("freight_share", "freight is {:.0%} of the amount paid"),
    Group("content", ("items", "sellers"), _content),
    _single("weight_kg", "its heaviest product weighs {:.1f} kg"),
    _single("instalments", "is paid in {:.0f} instalments"),
    Group("seller", (SELLER_BAD_SHARE, "seller_reviews"), _seller),
    _single("category_bad_share", "{:.0%} of the category's earlier reviews were bad"),
    _single("recent_bad_share", "{:.0%} of the shop's recent reviews were bad"),
)
