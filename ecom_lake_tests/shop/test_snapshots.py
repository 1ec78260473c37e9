"""The changes of orders that a model card counts, by hand: the tables as a model read them, and as they are now."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from ecom_lake.shop.snapshots import AS_OF, CHANGES

MAY, JUNE = date(2024, 5, 31), date(2024, 6, 10)
Order = tuple[str, str | None, date | None, str, bool]
"""Order, customer, day, net sales, and whether the order is valid."""
BEFORE: list[Order] = [("1", "ana", MAY, "10.00", True), ("2", "bob", MAY, "20.00", True), ("3", "bob", JUNE, "5.00", True)]


def counted(now: list[Order], before: list[Order] = BEFORE, as_of: date | None = MAY) -> tuple[int, Decimal]:
    with duckdb.connect() as con:
        for name, rows in (("fct_orders_before", before), ("fct_orders", now)):
            con.execute(
                f"create table {name} (order_id varchar, customer_id varchar, order_date date, net_sales decimal(18, 2),"
                " is_valid boolean)"
            )
            for row in rows:
                con.execute(f"insert into {name} values (?, ?, ?, ?, ?)", row)
        con.execute("create table dim_date_before (date date, is_as_of boolean)")
        if as_of:
            con.execute("insert into dim_date_before values (?, true)", [as_of])
        [found] = con.execute(CHANGES).fetchall()
        return int(found[0]), Decimal(found[1])


@pytest.mark.parametrize(
    ("first", "customers", "sales"),
    [
        ([("1", "ana", MAY, "10.00", True)], 0, "0.00"),
        ([("1", "ana", MAY, "10.00", False)], 1, "10.00"),
        ([], 1, "10.00"),
        ([("1", "ana", MAY, "12.50", True)], 1, "2.50"),
        ([("1", "ana", date(2024, 5, 30), "10.00", True)], 1, "0.00"),
        ([("1", "ana", JUNE, "10.00", True)], 1, "10.00"),
        ([("1", "cleo", MAY, "10.00", True)], 2, "20.00"),
        ([("4", "ana", MAY, "10.00", True)], 1, "20.00"),
        ([("1", "ana", MAY, "10.00", False), ("4", "dora", MAY, "10.00", True)], 2, "20.00"),
        ([("1", "ana", MAY, "10.00", True), ("5", None, MAY, "7.00", True)], 0, "7.00"),
    ],
    ids=[
        "same",
        "canceled",
        "gone",
        "other sales",
        "earlier",
        "after the as-of date",
        "other customer",
        "other order",
        "swapped",
        "anonymous order",
    ],
)
def test_each_change_up_to_the_as_of_date_counts(first: list[Order], customers: int, sales: str) -> None:
    assert counted([*first, *BEFORE[1:]]) == (customers, Decimal(sales))


def test_orders_after_the_as_of_date_are_no_change() -> None:
    assert counted([*BEFORE[:2], ("5", "eve", JUNE, "7.00", True)]) == (0, Decimal("0.00"))


def test_orders_without_a_date_count_in_a_shop_without_dates() -> None:
    before: list[Order] = [("1", "ana", None, "10.00", True)]
    assert counted([], before, as_of=None) == (1, Decimal("10.00"))


@pytest.mark.parametrize(
    ("last_order", "as_of"),
    [("2024-06-10", date(2024, 5, 31)), ("2024-05-31", date(2024, 5, 31)), ("2024-05-29", date(2024, 4, 30)), (None, None)],
)
def test_models_are_as_of_the_last_complete_month_that_deliveries_have_reached(
    last_order: str | None, as_of: date | None
) -> None:
    with duckdb.connect() as con:
        con.execute(
            "create table dim_date as select * from (values (date '2024-04-30', false), (date '2024-05-31', true))"
            " as days (date, is_as_of)"
        )
        con.execute("alter table dim_date add column is_snapshot_date boolean default true")
        con.execute("create table orders as select ?::timestamp as ordered_at", [last_order])
        assert con.execute(AS_OF).fetchall() == [(as_of,)]


def test_an_anonymous_order_that_stays_is_no_change() -> None:
    anonymous: list[Order] = [*BEFORE, ("5", None, MAY, "7.00", True)]
    assert counted(anonymous, anonymous) == (0, Decimal("0.00"))
