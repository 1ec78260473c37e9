"""The customer groups that are segmented separately, their features, and samples of their members.

Here: the groups, and what the queries return of them. Not here: how a group is segmented (segmentation.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import duckdb
import polars as pl

from ecom_lake.engine.contracts.sql_file import sql_file
from ecom_lake.shop.segments.clustering import Floats
from ecom_lake.shop.segments.scale import LOGARITHMIC, PLAIN, Scale
from ecom_lake.shop.settings.mining import MiningSettings


@dataclass(frozen=True)
class Group:
    """Customers who never share a segment with customers of another group."""

    name: str
    is_one_time: bool | None
    features: tuple[str, ...]
    grid_features: tuple[str, ...] = ()
    """The features of the quantile grid that K-Means is compared with."""
    single_segment_because: str = ""
    """Why the group is always one segment; empty where it may be split."""
    fixed_k: int | None = None
    """The number of segments that is asked for; None where the data decide."""
    scale: Scale = LOGARITHMIC
    is_textbook: bool = False
    """Whether its segments are those of the textbook (textbook.py), which no gate decides on."""

    @property
    def parameters(self) -> dict[str, object]:
        """Of the queries for the group's members."""
        return {"buyers": self.name, "by_registration": self.is_one_time is None}


BY_BUYING = (
    Group("repeat buyers", False, ("recency_days", "net_sales", "units", "purchases"), ("recency_days", "net_sales")),
    Group("one-time buyers", True, ("recency_days", "net_sales", "units"), ("recency_days", "net_sales")),
)

BY_REGISTRATION = (
    Group(
        "registered buyers",
        None,
        ("registration_delay_days", "lifespan_days", "units", "net_sales"),
        ("registration_delay_days", "net_sales"),
        fixed_k=3,
    ),
    Group(
        "buyers before registration",
        None,
        (),
        single_segment_because="their first order came before they registered, so that they have no registration delay",
    ),
    Group(
        "buyers without registration",
        None,
        (),
        single_segment_because="their registration date is unknown",
    ),
)

BY_TEXTBOOK = (replace(BY_REGISTRATION[0], scale=PLAIN, is_textbook=True), *BY_REGISTRATION[1:])


@dataclass(frozen=True)
class EarlierMembers:
    """The members of a group on an earlier day, with their net sales since."""

    features: Mapping[str, Floats]
    spent: Floats


def groups_of(con: duckdb.DuckDBPyConnection, settings: MiningSettings) -> tuple[tuple[Group, ...], str]:
    """The groups, and a sentence where they are not those that the settings ask for."""
    if settings.segments_by == "buying":
        return BY_BUYING, ""
    [(registered,)] = con.execute("select count(registration_delay_days) from customer_metrics").fetchall()
    if registered:
        return BY_TEXTBOOK if settings.segments_by == "textbook" else BY_REGISTRATION, ""
    return BY_BUYING, "No customer has a registration date, so customers are segmented by purchase behavior. "


def known_features(con: duckdb.DuckDBPyConnection, group: Group) -> tuple[int, list[str]]:
    """The number of members, and the features that are known for every one of them."""
    [counts] = con.sql(sql_file(__file__, "known_features.sql"), params=group.parameters).pl().to_dicts()
    return counts["people"], [feature for feature in group.features if counts[feature] == counts["people"]]


def sample(con: duckdb.DuckDBPyConnection, group: Group, features: list[str], most: int) -> dict[str, Floats]:
    """The features of at most so many members, in the order of a hash of their id: the same whatever the order of rows."""
    if not features:
        return {}
    rows = con.sql(sql_file(__file__, "group_members.sql"), params={**group.parameters, "most": most}).pl()
    return _columns(rows, features)


def earlier_members(
    con: duckdb.DuckDBPyConnection, group: Group, features: list[str], as_of: date, days: int, most: int
) -> EarlierMembers:
    """A sample of the group's members so many days before the as-of date."""
    parameters = {**group.parameters, "as_of": as_of, "days": days, "most": most}
    rows = con.sql(sql_file(__file__, "group_members_earlier.sql"), params=parameters).pl()
    return EarlierMembers(_columns(rows, features), rows["spent"].to_numpy())


def _columns(rows: pl.DataFrame, features: list[str]) -> dict[str, Floats]:
    return {feature: rows[feature].to_numpy() for feature in features}
