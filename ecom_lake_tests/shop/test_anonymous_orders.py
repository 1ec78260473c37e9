"""Anonymous orders have units and money, and no customer: adding some changes no table of customers and no input of a model."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import ecom_lake.shop
from ecom_lake_tests.builders.busy_shop import busy_shop
from ecom_lake_tests.builders.hand_shop import MARTS, HandShop, customer, item, order, payment, review

ADDED = 40

OF_CUSTOMERS = (
    "reporting_period",
    "dim_customer",
    "customer_metrics",
    "customer_concentration",
    "demographics",
    "loyalty_tiers",
    "order_gaps",
    "persona_products",
    "personas",
    "second_order_curve",
    "subscription_value",
    "rfm",
    "rfm_segments",
    "rfm_history",
    "rfm_migration",
    "cohort_retention",
    "cohort_value",
    "first_product_value",
    "product_journey",
    "kpi_churn",
)

AS_OF = {"as_of": date(2017, 12, 31)}
MODEL_INPUTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("churn/days", {}),
    ("churn/features", {**AS_OF, "below": "g"}),
    ("churn/buyers", {"after": date(2017, 6, 1), "until": date(2017, 12, 31)}),
    ("customer_value/customers", {}),
    ("segments/group_members_earlier", {**AS_OF, "days": 90, "by_registration": False, "buyers": "repeat buyers", "most": 999}),
    ("delivery_effect/first_deliveries", {}),
    ("experiments/group_base_rates", {"days": 60}),
    ("experiments/measured_margin", {}),
)


@pytest.fixture(scope="module")
def without() -> HandShop:
    return busy_shop(orders=400, anonymous=0)


@pytest.fixture(scope="module")
def added() -> HandShop:
    return busy_shop(orders=400, anonymous=ADDED)


@pytest.mark.parametrize("table", OF_CUSTOMERS)
def test_adding_anonymous_orders_changes_no_table_of_customers(without: HandShop, added: HandShop, table: str) -> None:
    assert without.table(table).height > 0
    assert_frame_equal(added.table(table), without.table(table))


@pytest.mark.parametrize(("query", "parameters"), MODEL_INPUTS)
def test_adding_anonymous_orders_changes_no_input_of_a_model(
    without: HandShop, added: HandShop, query: str, parameters: dict[str, Any]
) -> None:
    sql = (Path(ecom_lake.shop.__file__).parent / f"{query}.sql").read_text()

    def asked(shop: HandShop) -> pl.DataFrame:
        for table in MARTS:
            shop.table(table)
        rows: pl.DataFrame = shop.con.sql(sql, params=parameters).pl()
        return rows

    found = asked(without)
    assert found.height > 0
    assert_frame_equal(asked(added), found, check_row_order=False)


def test_they_add_their_number_and_money_to_the_totals_and_to_no_number_of_customers(without: HandShop, added: HandShop) -> None:
    theirs = added.table("fct_orders").filter("is_anonymous", "is_valid")
    assert 0 < len(theirs) < ADDED
    before, after = (dict(shop.rows("kpi_summary", "metric", "value")) for shop in (without, added))
    moved = {name: after[name] - before[name] for name in ("orders", "net_sales", "units", "payments", "freight", "customers")}
    assert moved == {
        "orders": len(theirs),
        "net_sales": pytest.approx(float(theirs["net_sales"].sum())),
        "units": theirs["units"].sum(),
        "payments": pytest.approx(float(theirs["payments"].sum())),
        "freight": pytest.approx(float(theirs["freight"].sum())),
        "customers": 0,
    }
    assert (after["anonymous_orders"], before["anonymous_orders"]) == (len(theirs), 0)
    assert after["anonymous_net_sales"] == pytest.approx(moved["net_sales"])
    of_customers = ("repeat_purchase_rate", "repeat_order_rate", "repeat_purchase_rate_soon", "gap_p50_days", "gini")
    assert [after[name] for name in of_customers] == [before[name] for name in of_customers]


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("kpi_daily", ["date"]),
        ("kpi_monthly", ["month"]),
        ("kpi_breakdown", ["period_type", "period", "dimension", "member"]),
        ("category_performance", ["category"]),
    ],
)
def test_every_row_has_as_many_more_orders_and_no_more_customers(
    without: HandShop, added: HandShop, table: str, key: list[str]
) -> None:
    both = added.table(table).join(without.table(table), on=key, how="left", suffix="_before").fill_null(0)
    assert both["customers"].to_list() == both["customers_before"].to_list()
    if table.startswith("kpi_"):
        alone = added.table(table).filter(pl.col("orders") > 0, pl.col("customers").fill_null(0) == 0)
        assert alone["customers"].null_count() == alone.height
        assert table != "kpi_daily" or not alone.is_empty()
    assert both["orders"].sum() > both["orders_before"].sum()
    if "anonymous_orders" in both.columns:
        assert (both["orders"] - both["anonymous_orders"]).to_list() == both["orders_before"].to_list()


def test_all_identities_hold(added: HandShop) -> None:
    assert added.broken() == set()


def shop_of(*placed: tuple[str, str, str | None]) -> HandShop:
    """Orders with their days and customers; each of one line of 10.00, paid and reviewed."""
    return HandShop(
        orders=[order(name, f"{day} 10:00:00", customer_id=person) for name, day, person in placed],
        order_items=[item(name) for name, _, _ in placed],
        payments=[payment(name, "10.00") for name, _, _ in placed],
        reviews=[review(name, 5, f"r{name}") for name, _, _ in placed],
        customers=[customer("ana")] if any(person for _, _, person in placed) else [],
    )


DAYS = ("2018-01-01", "2018-01-31", "2018-02-01", "2018-02-28")
ALL_ANONYMOUS = [(day, day, None) for day in DAYS]


def test_the_customers_of_anonymous_orders_are_not_known_instead_of_none() -> None:
    """January has anonymous orders only, February none, and March one of them and one of ana."""
    placed = (("a", "2018-01-01", None), ("b", "2018-01-31", None), ("c", "2018-03-01", None), ("d", "2018-03-31", "ana"))
    shop, anonymous = shop_of(*placed), shop_of(*ALL_ANONYMOUS)
    assert shop.rows("kpi_monthly", "month", "orders", "customers", "new_customers", "returning_customers") == [
        (date(2018, 1, 1), 2, None, None, None),
        (date(2018, 2, 1), 0, 0, 0, 0),
        (date(2018, 3, 1), 2, 1, 1, 0),
    ]
    days = {day: (orders, people) for day, orders, people in shop.rows("kpi_daily", "date", "orders", "customers")}
    assert [days[date(2018, month, day)] for month, day in ((1, 1), (1, 2), (3, 31))] == [(1, None), (0, 0), (1, 1)]
    members = shop.rows("kpi_breakdown", "period_type", "period", "dimension", "customers")
    of_months = [people for kind, _, dimension, people in members if (kind, dimension) == ("month", "payment_method")]
    assert of_months == [None, 1]
    assert dict(shop.rows("kpi_summary", "metric", "value"))["customers"] == 1
    assert dict(anonymous.rows("kpi_summary", "metric", "value"))["customers"] is None
    assert {people for _, _, _, people in anonymous.rows("kpi_breakdown", "period", "dimension", "member", "customers")} == {None}
    assert [people for (people,) in shop.rows("kpi_churn", "customers")] == [1] * 4
    assert {people for (people,) in anonymous.rows("kpi_churn", "customers")} == {None}
    assert shop.broken() == set() and anonymous.broken() == set()


def test_an_anonymous_order_is_nobodys_first_order_or_purchase() -> None:
    shop = shop_of(("a", "2018-01-01", None), ("b", "2018-01-02", None), ("c", "2018-01-03", "ana"))
    columns = ("is_anonymous", "customer_id", "is_first_order", "order_number", "purchase_number", "gap_days", "opens_purchase")
    nobodys = (True, None, False, None, None, None, False)
    assert shop.rows("fct_orders", *columns) == [nobodys, nobodys, (False, "ana", True, 1, 1, None, True)]
    assert shop.rows("fct_sales", "is_anonymous", "customer_id") == [(True, None), (True, None), (False, "ana")]


def test_a_shop_of_anonymous_orders_alone_has_sales_and_no_customers() -> None:
    shop = shop_of(*ALL_ANONYMOUS)
    assert shop.broken() == set()
    for name in MARTS:
        shop.table(name)
    assert shop.rows("kpi_monthly", "orders", "customers", "anonymous_orders", "anonymous_net_sales") == [(2, None, 2, 20)] * 2
    assert shop.table("dim_customer").height == shop.table("customer_metrics").height == 0
    values = dict(shop.rows("kpi_summary", "metric", "value"))
    assert (values["customers"], values["orders"], values["aov"], values["repeat_purchase_rate"]) == (None, 4, 10, None)


def test_a_shop_with_one_customer_among_anonymous_orders_has_one() -> None:
    shop = shop_of(*ALL_ANONYMOUS, ("e", "2018-01-05", "ana"))
    assert shop.broken() == set()
    assert shop.rows("customer_metrics", "customer_id", "orders") == [("ana", 1)]
    assert shop.rows("rfm_segments", "customers") == [(1,)]


def effects(shop: HandShop) -> dict[str, Decimal]:
    return dict(shop.table("kpi_bridge").select("driver", "effect").iter_rows())


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        # 2 anonymous orders, then 3: 1 * 10 a order.
        ((None, None, None, None, None), {"anonymous": 10}),
        # 2 orders of one customer, then 1 of her and 2 anonymous ones: she orders once less, at 10.00 an order.
        (("ana", "ana", "ana", None, None), {"new": -20, "returning": 20, "orders_per_customer": -10, "anonymous": 20}),
        # Nobody has a name in January: the orders per customer are February's, 3 by one new customer.
        ((None, None, "ana", "ana", "ana"), {"new": 30, "anonymous": -20}),
    ],
)
def test_the_bridge_has_anonymous_orders_as_a_driver_of_their_own(people: Iterable[str | None], expected: dict[str, int]) -> None:
    days = (*DAYS[:3], "2018-02-14", DAYS[3])
    shop = shop_of(*((f"{number}", day, person) for number, (day, person) in enumerate(zip(days, people, strict=True))))
    assert {driver: effect for driver, effect in effects(shop).items() if effect} == expected
    assert len(effects(shop)) == 8
    assert shop.broken() == set()


def test_a_shop_without_anonymous_orders_has_no_such_driver() -> None:
    assert "anonymous" not in effects(shop_of(*((day, day, day) for day in DAYS)))
