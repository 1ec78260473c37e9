"""Who stays and who goes, month by month, from silver rows written by hand: churn, gaps, cohorts, the second purchase, RFM."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from math import exp, log, sqrt

import pytest

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, Row, item, monthly, order, product

JAN, FEB, MAR, APR = (date(2018, month, 1) for month in (1, 2, 3, 4))


def bought(person: str, *days: str) -> list[Row]:
    return [order(f"{person}{i}", f"2018-{day} 10:00:00", customer_id=person) for i, day in enumerate(days)]


def shop_of(*orders: list[Row], as_of: date | None = None, price: str = "10.00", **numbers: int) -> HandShop:
    placed = [row for some in orders for row in some]
    lines = [item(row["order_id"], price) for row in placed]
    return HandShop(ShopSettings(as_of=as_of, **numbers), orders=placed, order_items=lines, products=[product(unit_cost="4.00")])


@pytest.fixture(scope="module")
def quarter() -> HandShop:
    """Three complete months; ana, bob and eve start in January, fay in February, gus on the last day of March."""
    return shop_of(
        bought("ana", "01-01", "01-21", "03-02"),  # gaps of 20 and 40 days
        bought("bob", "01-10", "01-10", "02-09"),  # a split order, then 30 days
        bought("eve", "01-31"),
        bought("fay", "02-01", "03-03"),  # 30 days
        bought("gus", "03-31"),
        [order("x", "2018-02-15 10:00:00", customer_id="eve", status="canceled")],
    )


def test_every_promise_holds_of_it(quarter: HandShop) -> None:
    assert quarter.broken() == set()


# order_gaps


def test_percentiles_of_gaps_with_and_without_orders_of_one_day(quarter: HandShop) -> None:
    gaps = {percentile: rest for percentile, *rest in quarter.rows("order_gaps", "percentile", "gap_days", "purchase_gap_days")}
    assert len(gaps) == 101
    # 0 20 30 30 40 and 20 30 30 40
    assert gaps[0] == [0, 20]
    assert gaps[10] == [8, 23]  # place 0.4: 0.4 of the way from 0 to 20; place 0.3: from 20 to 30
    assert gaps[25] == [20, 27.5]
    assert gaps[50] == [30, 30]
    assert gaps[80] == [32, 34]  # place 3.2; place 2.4
    assert gaps[100] == [40, 40]


def test_where_all_gaps_are_of_one_day_there_are_none_between_purchases() -> None:
    shop = shop_of(bought("ana", "01-01", "01-01"), as_of=date(2018, 1, 31))
    assert set(shop.rows("order_gaps", "gap_days", "purchase_gap_days")) == {(0, None)}
    assert shop.broken() == set()


def test_one_time_buyers_have_no_gaps() -> None:
    assert shop_of(bought("ana", "01-01"), bought("bob", "01-28")).table("order_gaps").height == 0


# kpi_churn


def test_churn_at_each_months_end() -> None:
    shop = shop_of(
        bought("ana", "01-01", "01-21"),
        bought("bob", "01-02", "03-30"),
        bought("eve", "02-08"),
        churn_short_days=10,
        churn_medium_days=20,
        churn_long_days=50,
    )
    columns = ("as_of", "horizon", "threshold_days", "customers", "lapsed", "churn_rate")
    # The latest purchases are ana's of 10, bob's of 29 days ago; then 38, 57 and eve's 20; then 69, 1 and 51.
    assert shop.rows("kpi_churn", *columns) == [
        (date(2018, 1, 31), "10", 10, 2, 1, 0.5),
        (date(2018, 1, 31), "20", 20, 2, 1, 0.5),
        (date(2018, 1, 31), "50", 50, 2, 0, 0),
        (date(2018, 1, 31), "P80", 20, 2, 1, 0.5),  # the only gap so far is of 20 days
        (date(2018, 2, 28), "10", 10, 3, 3, 1),
        (date(2018, 2, 28), "20", 20, 3, 2, pytest.approx(2 / 3)),
        (date(2018, 2, 28), "50", 50, 3, 1, pytest.approx(1 / 3)),
        (date(2018, 2, 28), "P80", 20, 3, 2, pytest.approx(2 / 3)),
        (date(2018, 3, 31), "10", 10, 3, 2, pytest.approx(2 / 3)),
        (date(2018, 3, 31), "20", 20, 3, 2, pytest.approx(2 / 3)),
        (date(2018, 3, 31), "50", 50, 3, 2, pytest.approx(2 / 3)),
        (date(2018, 3, 31), "P80", 73.6, 3, 0, 0),  # 20 and 87 days: 20 + 0.8 * 67
    ]
    rates = {row["as_of"].month: row["repeat_purchase_rate"] for row in shop.table("kpi_churn").iter_rows(named=True)}
    assert rates == {1: 0.5, 2: pytest.approx(1 / 3), 3: pytest.approx(2 / 3)}
    assert shop.broken() == set()


def test_while_nobody_came_back_nobody_is_lapsed_by_the_gaps() -> None:
    shop = HandShop(orders=monthly("2018-01", 3, 3))
    made = {row["horizon"]: row for row in shop.table("kpi_churn").filter(as_of=date(2018, 2, 28)).iter_rows(named=True)}
    assert (made["P80"]["threshold_days"], made["P80"]["lapsed"], made["P80"]["churn_rate"]) == (None, None, None)
    assert (made["90"]["lapsed"], made["90"]["customers"], made["90"]["repeat_purchase_rate"]) == (0, 6, 0)


# cohorts


def test_cohorts_come_back_and_what_is_not_yet_is_null(quarter: HandShop) -> None:
    columns = ("cohort", "month_number", "month", "cohort_size", "active_customers", "retention", "cumulative_retention")
    third = pytest.approx(1 / 3)
    assert quarter.rows("cohort_retention", *columns) == [
        (JAN, 0, JAN, 3, 3, 1, None),
        (JAN, 1, FEB, 3, 1, third, third),  # bob
        (JAN, 2, MAR, 3, 1, third, pytest.approx(2 / 3)),  # ana; her second purchase of January was no return
        (FEB, 0, FEB, 1, 1, 1, None),
        (FEB, 1, MAR, 1, 1, 1, 1),
        (FEB, 2, None, 1, None, None, None),
        (MAR, 0, MAR, 1, 1, 1, None),
        (MAR, 1, None, 1, None, None, None),
        (MAR, 2, None, 1, None, None, None),
    ]


def test_past_the_end_of_the_data_a_month_is_neither_complete_nor_incomplete() -> None:
    """March ends on the 1st, and is incomplete; of April nothing is known, whichever cohort looks ahead to it."""
    shop = shop_of(bought("ana", "01-01"), bought("bob", "02-28"), bought("eve", "03-01"), as_of=date(2018, 3, 15))
    assert shop.rows("cohort_retention", "cohort", "month_number", "is_complete") == [
        *((JAN, 0, True), (JAN, 1, True), (JAN, 2, False)),
        *((FEB, 0, True), (FEB, 1, False), (FEB, 2, None)),
        *((MAR, 0, False), (MAR, 1, None), (MAR, 2, None)),
    ]
    assert shop.rows("cohort_value", "is_complete") == shop.rows("cohort_retention", "is_complete")


def test_whoever_comes_back_twice_counts_once_in_what_is_cumulative() -> None:
    shop = shop_of(bought("ana", "01-01", "02-01", "04-28"), bought("bob", "01-28"), bought("eve", "03-01"))
    january = shop.table("cohort_retention").filter(cohort=JAN)
    assert january["active_customers"].to_list() == [2, 1, 0, 1]
    assert january["cumulative_retention"].to_list() == [None, 0.5, 0.5, 0.5]


def test_a_cohorts_value_grows_by_what_its_people_buy(quarter: HandShop) -> None:
    names = ("month_number", "net_sales", "cumulative_net_sales_per_customer", "cumulative_gross_profit_per_customer")
    january = quarter.table("cohort_value").filter(cohort=JAN).select(names).rows()
    assert january == [
        (0, Decimal("50.00"), pytest.approx(50 / 3), pytest.approx(30 / 3)),  # ana 2, bob 2, eve 1; each costs 4
        (1, Decimal("10.00"), pytest.approx(60 / 3), pytest.approx(36 / 3)),
        (2, Decimal("10.00"), pytest.approx(70 / 3), pytest.approx(42 / 3)),
    ]
    march = quarter.table("cohort_value").filter(cohort=MAR).select(names).rows()
    assert march[1:] == [(1, None, None, None), (2, None, None, None)]


def test_orders_after_the_as_of_date_are_not_yet() -> None:
    shop = shop_of(bought("ana", "01-01", "02-10"), bought("bob", "02-20"), as_of=date(2018, 2, 15))
    assert shop.rows("cohort_retention", "cohort", "month_number", "active_customers") == [(JAN, 0, 1), (JAN, 1, 1)]
    assert shop.broken() == set()


# second_order_curve


def test_kaplan_meier_by_hand() -> None:
    # As of 11 January: ana after 2 days, bob after 5, eve after 5; fay is watched for 4 days, gus for 10.
    shop = shop_of(
        bought("ana", "01-01", "01-03"),
        bought("bob", "01-01", "01-01", "01-06"),
        bought("eve", "01-02", "01-07", "01-09"),
        bought("fay", "01-07"),
        bought("gus", "01-01"),
        as_of=date(2018, 1, 11),
    )
    rows = {row["day"]: row for row in shop.table("second_order_curve").iter_rows(named=True)}
    assert list(rows) == list(range(11))
    assert [rows[day]["at_risk"] for day in rows] == [5, 5, 5, 4, 4, 3, 1, 1, 1, 1, 1]
    assert {day: row["events"] for day, row in rows.items() if row["events"]} == {2: 1, 5: 2}
    assert {day: row["censored"] for day, row in rows.items() if row["censored"]} == {4: 1, 10: 1}
    assert (rows[1]["survival"], rows[1]["ci_low"], rows[1]["ci_high"]) == (1, None, None)
    assert rows[2]["survival"] == rows[4]["survival"] == pytest.approx(4 / 5)
    survival = 4 / 5 * 1 / 3
    assert rows[5]["survival"] == rows[10]["survival"] == pytest.approx(survival)
    spread = 1.959963984540054 * sqrt(1 / (5 * 4) + 2 / (3 * 1)) / log(survival)  # Greenwood, of log(-log(survival))
    assert rows[5]["ci_low"] == pytest.approx(exp(log(survival) * exp(-spread)))
    assert rows[5]["ci_high"] == pytest.approx(exp(log(survival) * exp(spread)))


def test_when_everybody_came_back_nobody_is_left() -> None:
    shop = shop_of(bought("ana", "01-01", "01-03"), bought("bob", "01-01", "01-02"), as_of=date(2018, 1, 31))
    assert shop.rows("second_order_curve", "day", "at_risk", "survival", "ci_low") == [
        (0, 2, 1, None),
        (1, 2, 0.5, pytest.approx(0.5 ** exp(1.959963984540054 * sqrt(1 / 2) / log(2)))),
        (2, 1, 0, None),
    ]


# rfm_history and rfm_migration


def test_rfm_at_each_months_end_is_rfm_as_of_that_day() -> None:
    """Whoever sets the as-of date to a month's end sees in rfm what the history has of it, and the moves are between these."""
    once = ("01-03", "01-03", "01-28", "02-10", "02-11", "03-06", "04-01")
    orders = [
        *bought("ana", "01-01", "01-02", "03-05", "04-28"),
        *bought("bob", "01-20", "01-20", "02-03"),
        *bought("eve", "01-20", "03-06"),
        *(row for number, day in enumerate(once) for row in bought(f"p{number}", day)),
    ]
    lines = [item(row["order_id"], f"{1 + 7 * number % 5}.00") for number, row in enumerate(orders)]
    shop = HandShop(orders=orders, order_items=lines)
    ends = [date(2018, 1, 31), date(2018, 2, 28), date(2018, 3, 31), date(2018, 4, 30)]
    assert shop.table("rfm_history")["as_of"].unique().to_list() == ends
    before: dict[str, str] = {}
    for end in ends:
        then = HandShop(ShopSettings(as_of=end), orders=orders, order_items=lines)
        history = shop.table("rfm_history").filter(as_of=end).select("segment", "customers", "net_sales")
        assert history.rows() == sorted(then.rows("rfm_segments", "segment", "customers", "net_sales"))
        now = dict(then.rows("rfm", "customer_id", "segment"))
        moves = Counter((before.get(person, "none"), segment) for person, segment in now.items())
        made = shop.table("rfm_migration").filter(as_of=end).select("from_segment", "to_segment", "customers").rows()
        assert {(left, entered): people for left, entered, people in made} == moves
        before = now
    assert shop.broken() == set()


def test_without_a_complete_month_there_is_no_history() -> None:
    shop = shop_of(bought("ana", "01-10"), bought("bob", "01-20"))
    assert {shop.table(name).height for name in ("rfm_history", "rfm_migration", "kpi_churn", "kpi_bridge")} == {0}


def test_the_first_picture_has_everybody_from_nowhere() -> None:
    shop = HandShop(orders=[order("early", "2017-12-20 10:00:00"), *monthly("2018-01", 3, 3)])
    made = shop.table("rfm_migration").filter(as_of=date(2018, 1, 31))
    assert (set(made["from_segment"]), made["customers"].sum()) == ({"none"}, 4)


def test_who_comes_back_after_the_as_of_date_has_not_come_back_yet() -> None:
    shop = HandShop(
        ShopSettings(as_of=date(2018, 2, 15)),
        orders=[order("1", "2018-01-05 10:00:00", customer_id="ana"), order("2", "2018-02-20 10:00:00", customer_id="ana")],
    )
    assert shop.rows("cohort_retention", "month_number", "active_customers", "cumulative_retention") == [
        (0, 1, None),
        (1, 0, 0.0),
    ]
