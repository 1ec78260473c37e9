"""The sales cube, from hand-written silver rows and segments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from ecom_lake.shop.sales.sales_cube import SalesCube
from ecom_lake_tests.builders.hand_shop import HandShop, item, order, product

JANUARY, FEBRUARY = date(2018, 1, 1), date(2018, 2, 1)


@pytest.fixture(scope="module")
def shop() -> HandShop:
    """Ann buys toys and books, and toys again; Bob's state is unknown; Cid was not scored; one order is anonymous."""
    shop = HandShop(
        products=[product("t", category="toys", unit_cost="4.00"), product("b", category="books")],
        orders=[
            order("1", "2018-01-05 10:00:00", customer_id="ann", state="SP"),
            order("2", "2018-02-05 10:00:00", customer_id="ann", state="SP"),
            order("3", "2018-01-07 10:00:00", customer_id="bob"),
            order("4", "2018-02-20 10:00:00", customer_id="cid", state="RJ"),
            order("5", "2018-01-09 10:00:00", customer_id="bob", state="SP", status="canceled"),
            order("6", "2018-02-21 10:00:00", customer_id=None, state="RJ"),
        ],
        order_items=[
            item("1", "10.00", 1, quantity=2, product_id="t", discount="1.00", freight="3.00"),
            item("1", "5.00", 2, product_id="b"),
            item("1", "7.00", 3, product_id="b"),
            item("2", "10.00", product_id="t"),
            item("3", "9.00", product_id="t"),
            item("4", "8.00", product_id="b"),
            item("5", "99.00", product_id="b", is_valid=False),
            item("6", "3.00", product_id="b"),
        ],
    )
    shop.con.execute("create table customer_segments (customer_id varchar, segment varchar)")
    shop.con.execute("insert into customer_segments values ('ann', 'repeat buyers'), ('bob', 'one-time buyers')")
    return shop


def test_a_cell_has_its_sums_and_its_own_distinct_counts(shop: HandShop) -> None:
    columns = ("month", "segment", "category", "state", "net_sales", "discounts", "freight", "units", "items")
    assert shop.rows("sales_cube", *columns, "orders_in_cell", "customers_in_cell") == [
        (JANUARY, "one-time buyers", "toys", "unknown", Decimal("9.00"), 0, 0, 1, 1, 1, 1),
        (JANUARY, "repeat buyers", "books", "SP", Decimal("12.00"), 0, 0, 2, 2, 1, 1),
        (JANUARY, "repeat buyers", "toys", "SP", Decimal("19.00"), Decimal("1.00"), Decimal("3.00"), 2, 1, 1, 1),
        (FEBRUARY, "anonymous", "books", "RJ", Decimal("3.00"), 0, 0, 1, 1, 1, 0),
        (FEBRUARY, "not scored", "books", "RJ", Decimal("8.00"), 0, 0, 1, 1, 1, 1),
        (FEBRUARY, "repeat buyers", "toys", "SP", Decimal("10.00"), 0, 0, 1, 1, 1, 1),
    ]


def test_costs_cover_the_lines_with_a_known_cost(shop: HandShop) -> None:
    costs = {
        (month, category): (cogs, costed)
        for month, category, cogs, costed in shop.rows("sales_cube", "month", "category", "cogs", "costed_sales")
        if month == FEBRUARY
    }
    assert costs == {(FEBRUARY, "books"): (None, 0), (FEBRUARY, "toys"): (Decimal("4.00"), Decimal("10.00"))}


def test_cells_sum_to_the_months(shop: HandShop) -> None:
    assert shop.broken("sales_cube", "kpi_monthly") == set()
    # Added up over cells, the distinct counts are wrong: the contract does not call them additive.
    [(cells, orders)] = shop.con.execute(
        "select sum(orders_in_cell), (select sum(orders) from kpi_monthly) from sales_cube"
    ).fetchall()
    assert (cells, orders) == (6, 5)
    assert not {"orders_in_cell", "customers_in_cell"} & set(SalesCube.table.additive)


def test_a_lost_cell_breaks_an_identity(shop: HandShop) -> None:
    shop.table("sales_cube")
    con = duckdb.connect()
    for table in ("kpi_monthly", "fct_orders", "sales_cube"):
        con.register(f"_{table}", shop.table(table).to_arrow())
        con.execute(f"create table {table} as select * from _{table}")
    con.execute("delete from sales_cube where category = 'books' and state = 'SP'")
    broken = {one.name for one in SalesCube.table.identities if con.execute(one.breaks).fetchall()}
    assert broken == {"cells_sum_to_months"}, "books have no known cost"
