from __future__ import annotations

from datetime import date

import duckdb
import polars as pl
import pytest

from ecom_lake.shop.segments.groups import BY_BUYING, EarlierMembers, Group, earlier_members
from ecom_lake_tests.builders.segment_customers import ORDERS, calendar

REPEAT, ONE_TIME = BY_BUYING
TODAY = date(2018, 8, 31)
HISTORY = [
    ("came back", date(2018, 5, 1), True, True, 10.0, 1),
    ("came back", date(2018, 5, 1), True, False, 5.0, 1),
    ("came back", date(2018, 7, 1), True, True, 80.0, 4),
    ("did not", date(2018, 5, 21), True, True, 20.0, 2),
    ("regular", date(2018, 4, 1), True, True, 7.0, 1),
    ("regular", date(2018, 5, 31), True, True, 8.0, 1),
    ("new since", date(2018, 7, 2), True, True, 500.0, 9),
    ("canceled", date(2018, 5, 2), False, False, 33.0, 3),
    ("too late", date(2018, 9, 15), True, True, 44.0, 3),
]


def as_they_were(group: Group, history: list[tuple[str, date, bool, bool, float, int]]) -> EarlierMembers:
    orders = pl.DataFrame(history, list(ORDERS), orient="row").with_columns(pl.col("net_sales").cast(pl.Decimal(18, 2)))
    with duckdb.connect() as con:
        calendar(con, TODAY, orders)
        people = orders.select("customer_id", registration_delay_days=pl.lit(None, pl.Int64)).unique()
        con.register("customer_metrics", people.to_arrow())
        return earlier_members(con, group, list(group.features), TODAY, 90, 100)


def rows(found: EarlierMembers) -> list[tuple[float, ...]]:
    return sorted(zip(*found.features.values(), found.spent, strict=True))


def test_customers_of_ninety_days_ago_and_their_spending_since() -> None:
    assert rows(as_they_were(ONE_TIME, HISTORY)) == [(12.0, 20.0, 2.0, 0.0), (32.0, 15.0, 2.0, 80.0)]
    assert rows(as_they_were(REPEAT, HISTORY)) == [(2.0, 15.0, 2.0, 2.0, 0.0)]


@pytest.mark.parametrize("group", BY_BUYING, ids=lambda group: group.name)
def test_later_orders_are_not_used(group: Group) -> None:
    before = [order for order in HISTORY if order[1] <= date(2018, 6, 2)]
    assert [row[:-1] for row in rows(as_they_were(group, HISTORY))] == [row[:-1] for row in rows(as_they_were(group, before))]
