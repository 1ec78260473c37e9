"""Cells of a serving file: the KPIs and deliveries of any filters are those of the facts.

The shop is drawn to be unkind: customers who move between states and buy in several categories, anonymous and canceled orders,
orders without lines, and lines that are not valid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from random import Random
from typing import Any

import pytest

from ecom_lake.publish.dashboard.delivery import delivered_query
from ecom_lake.publish.dashboard.filters import Filters
from ecom_lake.publish.dashboard.kpi_query import SHOWN, kpi_query
from ecom_lake.publish.dashboard.serving.kpis import served_deliveries, served_kpis
from ecom_lake.publish.dashboard.serving.tables import tables
from ecom_lake.publish.dashboard.span import Span
from ecom_lake_tests.builders.hand_shop import HandShop, item, order, product, review

STATES, CATEGORIES, PRODUCTS, CUSTOMERS = ("SP", "RJ", "MG", None), ("toys", "books", "tea"), 5, 9
SEGMENTS = {"0": "loyal", "1": "loyal", "2": "new", "3": "new", "4": "new"}
MONTHS = [date(2018, month, 1) for month in range(1, 7)]
NOT_DELIVERED = ("canceled", "shipped", "unknown")
NAMES = (*SHOWN, "canceled_orders", "cancel_rate")


@pytest.fixture(scope="module")
def shop() -> HandShop:
    random = Random(3)
    orders, items, reviews = [], [], []
    for number in range(150):
        day = f"2018-0{random.randint(1, 6)}-{random.randint(1, 28):02d}"
        customer_id = random.choice([None, *map(str, range(CUSTOMERS))])
        delivered = random.random() < 0.7
        dates = {"delivered_at": f"{day} 20:00:00", "promised_at": random.choice((f"{day} 00:00:00", "2019-01-01 00:00:00"))}
        orders.append(
            order(str(number), f"{day} 10:00:00", customer_id=customer_id, state=random.choice(STATES),
                  status="delivered" if delivered else random.choice(NOT_DELIVERED), **(dates if delivered else {}))
        )  # fmt: skip
        for line in range(random.randint(0, 3)):
            price, chosen = f"{random.randint(1, 99)}.{random.randint(0, 99):02d}", f"p{random.randrange(PRODUCTS)}"
            items.append(item(str(number), price, line + 1, product_id=chosen, is_valid=random.random() < 0.9))
        if random.random() < 0.5:
            reviews.append(review(str(number), random.randint(1, 5), f"r{number}"))
    products = [product(f"p{number}", category=CATEGORIES[number % 3], unit_cost="1.00") for number in range(PRODUCTS)]
    shop = HandShop(orders=orders, order_items=items, products=products, reviews=reviews)
    shop.con.execute("create table customer_segments as select unnest($ids) as customer_id, unnest($segments) as segment",
                     {"ids": list(SEGMENTS), "segments": list(SEGMENTS.values())})  # fmt: skip
    for table in ("fct_orders", "fct_sales"):
        shop.table(table)
    return shop


@pytest.fixture(scope="module")
def serving(shop: HandShop) -> HandShop:
    """The same shop with the tables of its serving file before the others."""
    shop.con.execute("create schema serving")
    shop.con.execute("create view gold_dim_product as select * from dim_product")
    columns = [str(name) for (name,) in shop.con.execute("select column_name from (describe fct_orders)").fetchall()]
    known = ("fct_orders", "fct_sales", "customer_segments", "dim_product")
    for name, query in tables(columns, known, 90).items():
        shop.con.execute(f"create table serving.{name} as {query}")
        shop.con.execute("set search_path = 'serving,main'")
    return shop


def some_filters(random: Random) -> tuple[Filters, Span]:
    choices: dict[str, Sequence[str]] = {
        "state": ("SP", "RJ", "unknown"),
        "category": CATEGORIES,
        "segment": ("loyal", "new", "not scored", "anonymous"),
        "product": ("p0", "p1"),
    }
    first, last = sorted(random.choice(MONTHS) for _ in range(2))
    return Filters(members={name: random.choice(of) for name, of in choices.items() if random.random() < 0.35}), Span(first, last)


def rows(shop: HandShop, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Means are rounded: their last digit depends on the order of the sum."""
    found = shop.con.execute(sql, {name: value for name, value in values.items() if f"${name}" in sql}).fetchall()
    return [tuple(round(value, 9) if isinstance(value, float) else value for value in row) for row in found]


def test_kpis_and_deliveries_are_those_of_the_facts(serving: HandShop) -> None:
    random = Random(11)
    with_customers = 0
    for _ in range(25):
        filters, span = some_filters(random)
        query, served = kpi_query(filters, span, 0.95, NAMES), served_kpis(filters, span, NAMES)
        assert served is not None
        expected = rows(serving, query.sql, query.values)
        assert rows(serving, served, query.values) == expected, query.written
        with_customers += expected[-1][3] > 1 and len(expected) > 2
        deliveries = delivered_query(filters, span)
        assert rows(serving, served_deliveries(filters), deliveries.values) == rows(serving, deliveries.sql, deliveries.values)
    assert with_customers > 5


def test_cancellations_are_unknown_where_no_status_is_known() -> None:
    shop = HandShop(
        orders=[order("1", state="SP", status="unknown"), order("2", state="RJ", status="canceled"), order("3", state="RJ")],
        order_items=[item("1"), item("2"), item("3")],
    )
    for table in ("fct_orders", "fct_sales"):
        shop.table(table)
    shop.con.execute("create view gold_dim_product as select * from dim_product")
    columns = [str(name) for (name,) in shop.con.execute("select column_name from (describe fct_orders)").fetchall()]
    for name, cells in tables(columns, ("fct_orders", "fct_sales", "dim_product"), 90).items():
        shop.con.execute(f"create temporary table {name} as {cells}")
    names = ("placed_orders", "canceled_orders", "cancel_rate")
    for state, expected in (("SP", (1, None, None)), ("RJ", (2, 1, 0.5))):
        filters, span = Filters(members={"state": state}), Span(MONTHS[0], MONTHS[0])
        query, served = kpi_query(filters, span, 0.95, names), served_kpis(filters, span, names)
        assert served is not None
        for sql in (query.sql, served):
            assert [row[1:] for row in rows(shop, sql, query.values)] == [expected, expected]
