"""The customers in each group of an experiment, from hand-written purchases."""

from __future__ import annotations

import duckdb
import pytest

from ecom_lake.shop.experiments.groups import Group, groups
from ecom_lake_tests.builders.experiment_shop import EDGES, Purchase, shop


@pytest.mark.parametrize(
    ("purchases", "group", "watched", "back"),
    [
        ([("a", 91, 9)], "active, one purchase", 1, 0),
        ([("a", 90, 9)], "active, one purchase", 1, 0),
        ([("a", 89, 9)], "active, one purchase", 0, 0),
        ([("a", 150, 9), ("a", 10, 9)], "active, one purchase", 1, 1),
        ([("a", 151, 9), ("a", 10, 9)], "at risk, one purchase", 1, 1),
        ([("a", 210, 9)], "at risk, one purchase", 1, 0),
        ([("a", 211, 9)], "lapsed, one purchase", 1, 0),
        ([("a", 210, 9), ("a", 90, 9), ("a", 1, 9)], "active, several purchases", 1, 1),
        ([("a", 300, 9), ("a", 300, 9), ("a", 89, 9)], "lapsed, one purchase", 1, 1),
        ([("a", 300, 9), ("a", -1, 9)], "lapsed, one purchase", 1, 0),
    ],
)
def test_group_members_and_their_later_orders_are_counted(
    con: duckdb.DuckDBPyConnection, purchases: list[Purchase], group: str, watched: int, back: int
) -> None:
    shop(con, EDGES)
    edges = {one.name: (one.observed, one.ordered) for one in groups(con, 90)}
    shop(con, [*EDGES, *purchases])
    found = {one.name: (one.observed, one.ordered) for one in groups(con, 90)}
    before = edges.get(group, (0, 0))
    now = found.get(group, (0, 0))
    assert (now[0] - before[0], now[1] - before[1]) == (watched, back)


@pytest.mark.parametrize(
    ("purchases", "expected"),
    [
        ([("a", 121, 9), ("b", 300, 9)], {"lapsed, one purchase": 2}),
        ([("a", 120, 9), ("b", 121, 9)], {"at risk, one purchase": 1, "lapsed, one purchase": 1}),
        ([("a", 60, 9), ("b", 121, 9)], {"active, one purchase": 1, "lapsed, one purchase": 1}),
    ],
)
def test_groups_do_not_depend_on_who_is_active_today(
    con: duckdb.DuckDBPyConnection, purchases: list[Purchase], expected: dict[str, int]
) -> None:
    shop(con, purchases)
    assert {one.name: one.people for one in groups(con, 90) if one.people} == expected


def test_customers_who_were_at_risk_are_so_where_nobody_is_today(con: duckdb.DuckDBPyConnection) -> None:
    shop(con, [("a", 170, 9), ("b", 30, 9)])
    assert {one.name: one.observed for one in groups(con, 90) if one.observed} == {"at risk, one purchase": 1, "new customers": 1}


def test_new_customers_are_those_with_a_complete_follow_up(con: duckdb.DuckDBPyConnection) -> None:
    shop(con, [*EDGES, ("a", 170, 9), ("a", 80, 30), ("b", 170, 9), ("b", 79, 30), ("c", 181, 9), ("d", 5, 9)])
    new = next(one for one in groups(con, 90) if one.name == "new customers")
    assert (new.observed, new.ordered, new.order_value) == (3, 1, 30)  # a, b and the customer at 120; a orders in time
    assert new.join_per_day == pytest.approx(2 / 90)  # d and the customer at 60


def test_orders_of_hundreds_of_millions_have_a_variance(con: duckdb.DuckDBPyConnection) -> None:
    shop(con, [*EDGES, ("a", 150, 9), ("a", 10, 4e8), ("b", 150, 9), ("b", 10, 2e8)])
    [found] = [one for one in groups(con, 90) if one.name == "active, one purchase"]
    assert found.ordered == 2


def test_rate_and_money_count_the_customers_who_ordered_nothing() -> None:
    """A quarter orders for 40 with a deviation of 30: the second moment is (30² + 40²) / 4 = 625, the mean 10."""
    group = Group("g", people=900, join_per_day=1, observed=200, ordered=50, order_value=40, order_value_deviation=30)
    assert (group.rate, group.money) == (0.25, 10)
    assert group.money_deviation == pytest.approx((625 - 100) ** 0.5)
