"""Sales by dimension and member, from hand-written silver rows."""

from __future__ import annotations

from datetime import date

import pytest

from ecom_lake_tests.builders.hand_shop import HandShop, item, monthly, order, payment, product

JAN, FEB = date(2018, 1, 1), date(2018, 2, 1)
Members = dict[str, tuple[int, int, int, str]]


def members(shop: HandShop, dimension: str, period_type: str = "month", period: date = JAN) -> Members:
    """Orders, customers, units and net sales of each member."""
    rows = shop.table("kpi_breakdown").filter(dimension=dimension, period_type=period_type, period=period)
    return {m: (o, c, u, str(n)) for m, o, c, u, n in rows.select("member", "orders", "customers", "units", "net_sales").rows()}


def test_the_table_passes_every_rule_of_its_contract(shop: HandShop) -> None:
    assert shop.broken() == set()


def test_each_order_has_one_member_in_every_order_dimension(shop: HandShop) -> None:
    assert members(shop, "state") == {"SP": (2, 2, 5, "28.00"), "RJ": (1, 1, 1, "7.00")}
    assert members(shop, "city") == {"santos": (1, 1, 4, "25.00"), "unknown": (2, 2, 2, "10.00")}
    assert members(shop, "channel") == {"web": (1, 1, 4, "25.00"), "app": (1, 1, 1, "7.00"), "unknown": (1, 1, 1, "3.00")}
    assert members(shop, "status") == {"delivered": (2, 1, 5, "32.00"), "shipped": (1, 1, 1, "3.00")}
    assert members(shop, "weekday") == {"Monday": (1, 1, 4, "25.00"), "Wednesday": (2, 2, 2, "10.00")}
    assert members(shop, "hour") == {"09": (2, 1, 5, "32.00"), "23": (1, 1, 1, "3.00")}
    assert members(shop, "discounted") == {"yes": (1, 1, 4, "25.00"), "no": (2, 2, 2, "10.00")}
    for dimension, ana in (("gender", "female"), ("age_group", "30-30"), ("subscriber", "yes")):
        assert members(shop, dimension) == {ana: (2, 1, 5, "32.00"), "unknown": (1, 1, 1, "3.00")}


def test_an_order_counts_once_for_each_member_that_it_contains(shop: HandShop) -> None:
    assert members(shop, "category") == {"toys": (2, 1, 4, "31.00"), "books": (2, 2, 2, "4.00")}
    assert members(shop, "brand") == {"acme": (3, 2, 5, "31.00"), "unknown": (1, 1, 1, "4.00")}
    assert members(shop, "seller") == {"s1": (2, 1, 4, "28.00"), "s2": (1, 1, 1, "4.00"), "unknown": (1, 1, 1, "3.00")}
    assert members(shop, "product") == {"ball": (2, 1, 3, "27.00"), "doll": (1, 1, 1, "4.00"), "book": (2, 2, 2, "4.00")}


def test_customers_of_a_year_are_counted_and_not_summed(shop: HandShop) -> None:
    assert members(shop, "state", period=FEB) == {"SP": (1, 1, 1, "6.00")}
    for period_type in ("year", "all"):
        assert members(shop, "state", period_type) == {"SP": (3, 2, 6, "34.00"), "RJ": (1, 1, 1, "7.00")}
        assert members(shop, "category", period_type) == {"toys": (3, 1, 5, "37.00"), "books": (2, 2, 2, "4.00")}


def test_a_customer_with_two_orders_and_an_order_with_two_lines_count_once() -> None:
    twice = [order("a", customer_id="ana", state="SP"), order("b", "2018-01-20 10:00:00", customer_id="ana", state="SP")]
    made = HandShop(orders=twice, order_items=[item("a", line=1), item("a", line=2), item("b")], products=[product()])
    for dimension, member in (("state", "SP"), ("category", "toys")):
        assert members(made, dimension) == {member: (2, 1, 3, "30.00")}


def test_share_rank_and_aov_have_the_hand_computed_values(shop: HandShop) -> None:
    rows = shop.table("kpi_breakdown").filter(dimension="product", period=JAN, period_type="month")
    assert rows.select("member", "rank", "share", "aov").rows() == [
        ("ball", 1, pytest.approx(27 / 35), 13.5),
        ("book", 2, pytest.approx(4 / 35), 2),  # the same as the doll, and first by name
        ("doll", 3, pytest.approx(4 / 35), 4),
    ]


def test_a_dimension_without_data_has_no_rows(shop: HandShop) -> None:
    assert "source_segment" not in shop.table("kpi_breakdown")["dimension"]
    plain = HandShop(orders=[order("a", "2018-01-10 00:00:00")], order_items=[item("a", product_id="unheard of")])
    assert plain.table("kpi_breakdown")["dimension"].unique().sort().to_list() == ["product", "status", "weekday"]
    assert plain.broken() == set()


def split(net_sales: str, *paid: tuple[str, str]) -> Members:
    payments = [payment("a", amount, number, method=method) for number, (method, amount) in enumerate(paid)]
    return members(HandShop(orders=[order("a")], order_items=[item("a", net_sales)], payments=payments), "payment_method")


def test_an_order_without_payment_has_the_method_none(shop: HandShop) -> None:
    made = members(shop, "payment_method")
    assert made == {"card": (1, 1, 4, "25.00"), "voucher": (1, 1, 1, "7.00"), "none": (1, 1, 1, "3.00")}


def test_methods_share_an_order_and_the_largest_gets_the_remainder() -> None:
    # A third of 10.00 is 3.33 each, and the first by name gets the remaining cent.
    assert split("10.00", ("c", "5.00"), ("b", "5.00"), ("a", "5.00")) == {
        "a": (1, 1, 1, "3.34"),
        "b": (1, 1, 0, "3.33"),
        "c": (1, 1, 0, "3.33"),
    }
    # 0.05 * 1/6 and 0.05 * 2/6 are rounded up to 0.01 and 0.02, 0.05 * 3/6 to 0.03: the largest gives the cent back.
    assert split("0.05", ("a", "1.00"), ("b", "2.00"), ("c", "3.00")) == {
        "a": (1, 1, 0, "0.01"),
        "b": (1, 1, 0, "0.02"),
        "c": (1, 1, 1, "0.02"),
    }


def test_payments_of_one_method_are_summed_and_payments_of_zero_have_no_share() -> None:
    assert split("10.00", ("a", "1.00"), ("a", "2.00"), ("b", "2.00")) == {"a": (1, 1, 1, "6.00"), "b": (1, 1, 0, "4.00")}
    assert split("10.00", ("b", "0.00"), ("a", "0.00")) == {"a": (1, 1, 1, "10.00"), "b": (1, 1, 0, "0.00")}


def test_growth_compares_complete_months_and_complete_years_only() -> None:
    orders = monthly("2016-12", 1, *[2] * 12, *[3] * 12, 2)
    orders = [{**row, "ordered_at": row["ordered_at"].replace("2016-12-01", "2016-12-20")} for row in orders]
    shop = HandShop(orders=orders, order_items=[item(row["order_id"]) for row in orders])
    growth = {
        (kind, f"{period:%Y-%m}"): (complete, yoy)
        for kind, period, complete, yoy in shop.table("kpi_breakdown")
        .filter(dimension="product")
        .select("period_type", "period", "is_complete", "net_sales_yoy")
        .rows()
    }
    assert growth["month", "2017-12"] == (True, None)  # December 2016 began late
    assert growth["month", "2018-02"] == (True, 0.5)
    assert growth["year", "2017-01"] == (True, None)
    assert growth["year", "2018-01"] == (True, 0.5)
    assert growth["year", "2019-01"] == (False, None)
    assert growth["all", "2016-12"] == (False, None)
