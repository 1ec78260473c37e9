"""Targets against what the months reached, from hand-written silver rows."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ecom_lake_tests.builders.hand_shop import HandShop, item, order, target


def a_shop(*targets: Any) -> HandShop:
    """January and February are complete; March has orders up to its tenth day. Each month has sales of 100."""
    days = ["2018-01-01", "2018-01-31", "2018-02-01", "2018-02-28", "2018-03-01", "2018-03-10"]
    orders = [order(f"o{n}", f"{day} 10:00:00", delivered_at="2018-03-10 10:00:00") for n, day in enumerate(days)]
    return HandShop(orders=orders, order_items=[item(f"o{n}", "50.00") for n in range(len(days))], targets=targets)


def progress(shop: HandShop) -> list[tuple[Any, ...]]:
    assert shop.broken("target_progress") == set()
    return shop.rows("target_progress", "month", "kpi", "reached", "expected_so_far", "attainment", "status")


def test_complete_months_are_met_or_missed() -> None:
    shop = a_shop(target("2018-01-01", "net_sales", 100.0), target("2018-02-01", "net_sales", 125.0))
    assert progress(shop) == [
        (date(2018, 1, 1), "net_sales", 100.0, 100.0, 1.0, "met"),
        (date(2018, 2, 1), "net_sales", 100.0, 125.0, 0.8, "missed"),
    ]


@pytest.mark.parametrize(("wanted", "status"), [(310.0, "on_track"), (311.0, "off_track")])
def test_a_running_month_is_measured_by_its_days(wanted: float, status: str) -> None:
    [(_, _, actual, expected, attainment, said)] = progress(a_shop(target("2018-03-01", "net_sales", wanted)))
    assert (actual, said) == (100.0, status)
    assert expected == pytest.approx(wanted * 10 / 31)
    assert attainment == pytest.approx(100 / wanted)


def test_an_average_is_expected_as_a_whole_and_a_rate_is_kept_below() -> None:
    shop = a_shop(
        *(target("2018-03-01", "aov", value) for value in (50.0,)),
        target("2018-02-01", "aov", 50.01),
        target("2018-01-01", "cancel_rate", 0.0),
    )
    found = {(kpi, status) for _, kpi, _, _, _, status in progress(shop)}
    assert found == {("aov", "on_track"), ("aov", "missed"), ("cancel_rate", "met")}


def test_what_is_not_known_is_not_judged() -> None:
    shop = a_shop(
        target("2018-01-01", "gross_profit", 1.0), target("2018-04-01", "orders", 5.0), target("2017-12-01", "orders", 5.0)
    )
    assert [(row[1], row[2], row[5]) for row in progress(shop)] == [
        ("orders", None, "unknown"),
        ("gross_profit", None, "unknown"),
        ("orders", None, "unknown"),
    ]
    assert [row[3] for row in progress(shop)][2] == 0.0, "nothing is expected of a month that has not begun"


def test_an_incomplete_month_that_is_over_is_not_judged() -> None:
    """The shop opened on 20 January, and its latest order is in March."""
    days = ["2018-01-20", "2018-01-31", "2018-02-01", "2018-02-28", "2018-03-10"]
    shop = HandShop(
        orders=[order(f"o{n}", f"{day} 10:00:00") for n, day in enumerate(days)],
        order_items=[item(f"o{n}", "50.00") for n in range(len(days))],
        targets=[target(f"2018-0{month}-01", kpi, 0.5) for month in (1, 2, 3) for kpi in ("cancel_rate", "orders")],
    )
    assert shop.rows("kpi_monthly", "is_complete") == [(False,), (True,), (False,)]
    assert [row[-1] for row in progress(shop)] == ["unknown", "unknown", "met", "met", "on_track", "on_track"]
    assert [row[2] for row in progress(shop)][:2] == [0.0, 2.0], "what was reached is stated"
