"""KPIs of any choice of months and members: equal to kpi_monthly without filters, and to sums by hand with them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ecom_lake.publish.dashboard.filters import Filters
from ecom_lake.publish.dashboard.kpi_query import SHOWN, kpi_query
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.dashboard.span import Span
from ecom_lake_tests.builders.hand_shop import HandShop, item, order, product, review

FIRST, LAST = date(2017, 1, 1), date(2017, 4, 1)


def kpis(release: ServedRelease, filters: Filters, first: date = FIRST, last: date = LAST) -> list[Row]:
    return list(release.rows(kpi_query(filters, Span(first, last), 0.95)))


def test_without_filters_a_month_is_that_of_kpi_monthly(release: ServedRelease) -> None:
    *months, total = kpis(release, Filters())
    expected = release.rows(Query(f"select month, {', '.join(SHOWN)} from kpi_monthly order by month"))
    assert months == expected
    assert len(months) == 4
    [whole] = release.rows(Query("select value from kpi_summary where metric = 'customers'"))
    assert total["month"] is None
    assert total["customers"] == whole["value"] < sum(row["customers"] for row in months)


@pytest.mark.parametrize("dimension", ["category", "state", "segment"])
def test_the_members_of_a_dimension_sum_to_the_whole(release: ServedRelease, dimension: str) -> None:
    members = [row["member"] for row in release.rows(Query(f"select distinct {dimension} as member from sales_cube"))]
    parts = [kpis(release, Filters(members={dimension: member}))[-1] for member in members]
    whole = kpis(release, Filters())[-1]
    assert len(members) > 1
    assert sum(part["net_sales"] for part in parts) == whole["net_sales"]
    assert sum(part["units"] for part in parts) == whole["units"]


@pytest.fixture(scope="module")
def hand_shop() -> HandShop:
    """Ann: toys and books late in SP; Bob: toys in RJ; Cid: a canceled order."""
    shop = HandShop(
        products=[product("t", category="toys"), product("b", category="books", unit_cost="1.00")],
        orders=[
            order("1", "2018-01-05 10:00:00", customer_id="ann", state="SP", delivered_at="2018-01-20 10:00:00",
                  promised_at="2018-01-15 00:00:00"),
            order("2", "2018-01-07 10:00:00", customer_id="bob", state="RJ", delivered_at="2018-01-10 10:00:00",
                  promised_at="2018-01-15 00:00:00"),
            order("3", "2018-02-05 10:00:00", customer_id="ann", state="SP"),
            order("4", "2018-01-09 10:00:00", customer_id="cid", state="SP", status="canceled"),
        ],
        order_items=[
            item("1", "10.00", 1, quantity=2, product_id="t", discount="1.00"),
            item("1", "5.00", 2, product_id="b"),
            item("2", "8.00", product_id="t"),
            item("3", "6.00", product_id="b"),
            item("4", "99.00", product_id="b", is_valid=False),
        ],
        reviews=[review("1", 2), review("2", 5, "r2")],
    )  # fmt: skip
    shop.con.execute("create table customer_segments (customer_id varchar, segment varchar)")
    shop.con.execute("insert into customer_segments values ('ann', 'repeat buyers')")
    for table in ("fct_orders", "fct_sales"):
        shop.table(table)
    return shop


JANUARY, FEBRUARY = date(2018, 1, 1), date(2018, 2, 1)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, ("38.00", None, 3, 2, 38 / 3, 5, 1 / 2, 3.5)),
        # Of an order with toys and books, only the toys count; the order, its delay and its review are its own.
        ({"category": "toys"}, ("27.00", None, 2, 2, 13.5, 3, 1 / 2, 3.5)),
        ({"category": "books"}, ("11.00", "9.00", 2, 1, 5.5, 2, 1.0, 2.0)),
        ({"product": "t", "state": "RJ"}, ("8.00", None, 1, 1, 8.0, 1, 0.0, 5.0)),
        ({"segment": "repeat buyers"}, ("30.00", None, 2, 1, 15.0, 4, 1.0, 2.0)),
        ({"segment": "not scored"}, ("8.00", None, 1, 1, 8.0, 1, 0.0, 5.0)),
    ],
)
def test_filters_give_the_hand_computed_kpis(
    hand_shop: HandShop, members: dict[str, str], expected: tuple[str | float | None, ...]
) -> None:
    query = kpi_query(Filters(members=members), Span(JANUARY, FEBRUARY), 0.95)
    total = hand_shop.con.execute(query.sql, dict(query.values)).fetchall()[-1]
    net_sales, profit, *others = expected
    assert total[:3] == (None, Decimal(str(net_sales)), None if profit is None else Decimal(str(profit)))
    assert total[3:] == pytest.approx(tuple(others))


def test_a_shop_without_dates_has_the_total_only(hand_shop: HandShop) -> None:
    query = kpi_query(Filters(members={"category": "toys"}), None, 0.95)
    [(month, net_sales, *_)] = hand_shop.con.execute(query.sql, dict(query.values)).fetchall()
    assert (month, net_sales) == (None, Decimal("27.00"))


def test_a_member_without_orders_has_no_rows_but_the_total(hand_shop: HandShop) -> None:
    query = kpi_query(Filters(members={"category": "cars"}), Span(JANUARY, FEBRUARY), 0.95)
    [(month, net_sales, *_)] = hand_shop.con.execute(query.sql, dict(query.values)).fetchall()
    assert (month, net_sales) == (None, 0)


def test_the_sql_that_is_shown_runs_and_gives_the_same(hand_shop: HandShop) -> None:
    query = kpi_query(Filters(members={"category": "toys", "state": "it's"}), Span(JANUARY, FEBRUARY), 0.95)
    shown = hand_shop.con.execute(query.written).fetchall()
    assert shown == hand_shop.con.execute(query.sql, dict(query.values)).fetchall()
    assert "'it''s'" in query.written
