"""Who is never in a segment with whom, what is known of them, and the people that a model is fitted or tried on.

Here: the groups, and SQL over customer_metrics and fct_orders. Not here: how a group is parted (segment_parts.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np

from ecom_lake.shop.segments.clustering import Floats
from ecom_lake.shop.settings.mining import MiningSettings

REGISTRATION = "registration"
"""The value of the setting `segments_by` that asks for three clusters."""


@dataclass(frozen=True)
class Group:
    """People who are never in a segment with others."""

    noun: str
    members: str
    """Who they are, in SQL."""
    is_one_time: bool | None
    features: tuple[str, ...]
    axes: tuple[str, ...] = ()
    """The features that a rule would part them by."""
    undivided: str = ""
    """Why it is one segment whatever is known; empty where it may be parted."""
    clusters: int | None = None
    """How many segments are asked for; None where the data decide."""


BY_BUYING = (
    Group(
        "repeat buyers",
        "purchases > 1",
        False,
        ("recency_days", "net_sales", "units", "purchases"),
        ("recency_days", "net_sales"),
    ),
    Group("one-time buyers", "purchases = 1", True, ("recency_days", "net_sales", "units"), ("recency_days", "net_sales")),
)

BY_REGISTRATION = (
    Group(
        "registered buyers",
        "registration_delay_days >= 0",
        None,
        ("registration_delay_days", "lifespan_days", "units", "net_sales"),
        ("registration_delay_days", "net_sales"),
        clusters=3,
    ),
    Group(
        "buyers before registration",
        "registration_delay_days < 0",
        None,
        (),
        undivided="their first order came before they registered, so that no delay describes them",
    ),
    Group(
        "buyers without registration",
        "registration_delay_days is null",
        None,
        (),
        undivided="nobody knows when they registered",
    ),
)


@dataclass(frozen=True)
class Later:
    """People as they were at an earlier day, and what they bought from then on."""

    features: Mapping[str, Floats]
    spent: Floats


def groups_of(con: duckdb.DuckDBPyConnection, settings: MiningSettings) -> tuple[tuple[Group, ...], str]:
    """The groups, and where they are others than were asked for, why."""
    if settings.segments_by != REGISTRATION:
        return BY_BUYING, ""
    [(registered,)] = con.execute("select count(registration_delay_days) from customer_metrics").fetchall()
    if registered:
        return BY_REGISTRATION, ""
    return BY_BUYING, "Nobody is known to have registered, so people are parted by how they buy. "


def known(con: duckdb.DuckDBPyConnection, group: Group) -> tuple[int, list[str]]:
    """The number of people in a group, and the features that are known of every one of them."""
    counts = "".join(f", count({feature})" for feature in group.features)
    [(people, *each)] = con.execute(f"select count(*){counts} from customer_metrics where {group.members}").fetchall()
    return people, [feature for feature, count in zip(group.features, each, strict=True) if count == people]


def sample(con: duckdb.DuckDBPyConnection, group: Group, features: list[str], most: int) -> dict[str, Floats]:
    """People in the order of a hash of their id: as good as drawn by lot, and the same whatever the order of rows."""
    if not features:
        return {}
    columns = ", ".join(f"{feature}::double as {feature}" for feature in features)
    frame = con.sql(
        f"select {columns} from customer_metrics where {group.members} order by md5(customer_id), customer_id limit {most}"
    ).pl()
    return {feature: frame[feature].to_numpy() for feature in features}


def later(con: duckdb.DuckDBPyConnection, group: Group, features: list[str], as_of: date, days: int, most: int) -> Later:
    """The group as it was so many days ago, and what each of them has spent since."""
    columns = ", ".join(f"{feature}::double as {feature}" for feature in features)
    frame = con.sql(
        f"""
        with days as (select date '{as_of}' as today, date '{as_of}' - {days} as that_day),
        people as (
            select
                o.customer_id,
                date_diff('day', max(o.order_date) filter (where o.order_date <= that_day), any_value(that_day)) as recency_days,
                date_diff(
                    'day', min(o.order_date), max(o.order_date) filter (where o.order_date <= that_day)
                ) as lifespan_days,
                sum(o.net_sales) filter (where o.order_date <= that_day) as net_sales,
                sum(o.units) filter (where o.order_date <= that_day) as units,
                count(*) filter (where o.opens_purchase and o.order_date <= that_day) as purchases,
                coalesce(sum(o.net_sales) filter (where o.order_date > that_day), 0)::double as spent
            from fct_orders as o
            cross join days
            where o.is_valid and o.order_date <= today
            group by o.customer_id
        )
        select {columns}, spent
        from people
        join (select customer_id, registration_delay_days from customer_metrics) as registered
            on registered.customer_id = people.customer_id
        where purchases > 0 and {group.members}
        order by md5(people.customer_id), people.customer_id
        limit {most}
        """
    ).pl()
    return Later({feature: frame[feature].to_numpy() for feature in features}, frame["spent"].to_numpy())


def log(values: Floats) -> Floats:
    """Differences in proportion, not in amount; what lies below nought, as a day still to come, counts as nought."""
    return np.log1p(np.maximum(values, 0))
