"""A night of a shop with a map rebuilds exactly the months that it changes, and they equal a build from bronze, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from random import Random

import polars as pl
import pytest

from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry
from ecom_lake_tests.builders.mapped_nights import MappedNights, Written, daily_export, monthly_parts, new_nights
from ecom_lake_tests.fuzz.export import Grid

JAN, FEB, MAR, APR = "2024-01", "2024-02", "2024-03", "2024-04"
ORDERS, CUSTOMERS = "order_detail.csv", "customer_detail.csv"
PRODUCTS, METHODS = "sku_detail.csv", "payment_detail.csv"
HEADERS = {
    ORDERS: "id,customer_id,order_date,sku_id,price,qty_ordered,before_discount,discount_amount,after_discount,is_gross,"
    "is_valid,is_net,payment_id",
    CUSTOMERS: "id,registered_date",
    PRODUCTS: "id,sku_name,base_price,cogs,category",
    METHODS: "id,payment_method",
    "invoices.csv": "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
}


def line(order: str, customer: str, day: str, sku: str = "S1", valid: int = 1, method: int = 1) -> str:
    """A line of ORDERS."""
    return f"{order},{customer},{day},{sku},10.00,1,10.00,0.00,10.00,{1 - valid},{valid},{valid},{method}"


def sale(number: str, customer: str, day: str, sku: str = "S1", country: str = "Brazil") -> str:
    """A line of an invoice, or with a number that begins with C of a credit note."""
    return f"{number},{sku},Ball,{-1 if number[0] == 'C' else 1},{day} 10:00,10.00,{customer},{country}"


Night = dict[str, list[str]]
FOUR_TABLES: list[Night] = [
    {
        ORDERS: [line("A1", "ann", "2024-01-05"), line("A1", "ann", "2024-01-05", "S2"), line("B1", "bob", "2024-01-06")],
        CUSTOMERS: ["ann,2023-12-01", "bob,2023-12-02"],
        PRODUCTS: ["S1,Red_ball,10,4,toys", "S2,Blue_kite,10,4,toys"],
        METHODS: ["1,cod"],
    },
    {ORDERS: [line("B2", "bob", "2024-02-05", method=2), line("C2", "cid", "2024-02-06", "S3")], CUSTOMERS: ["cid,2024-02-06"]},
    {ORDERS: [line("A3", "ann", "2024-03-05", "S3")], PRODUCTS: ["S3,Red_sled,10,4,toys"]},
    {ORDERS: [line("C4", "cid", "2024-04-05")]},
]
INVOICES: list[Night] = [
    {"invoices.csv": [sale("1001", "12001", "01/05/2024"), sale("1002", "12002", "01/06/2024", "S2")]},
    {"invoices.csv": [sale("1003", "12001", "02/05/2024"), sale("C900", "12001", "02/20/2024")]},
    {"invoices.csv": [sale("1004", "12003", "03/05/2024"), sale("C901", "12002", "03/20/2024", "S2")]},
    {"invoices.csv": [sale("1005", "12002", "04/05/2024", "S2")]},
]
EARLIER = {"four_tables": FOUR_TABLES, "invoices": INVOICES}
LINES = ("orders", "order_items", "payments")
FACTS = ("fct_sales", "fct_orders")
Hashes = dict[tuple[str, str], tuple[str, str]]
"""By table and month: the path of the file, and its hash."""


def deliver(nights: MappedNights, name: str, night: Night) -> None:
    for file, rows in night.items():
        nights.shop.land(f"{name}/{file}", "\n".join([HEADERS[file], *rows, ""]))


def in_months(tables: tuple[str, ...], *months: str) -> dict[str, list[str]]:
    return {table: list(months) for table in tables}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], MappedNights]:
    """The shop of a shape after its earlier nights, which no test changes."""

    @cache
    def of(shape: str) -> MappedNights:
        nights = new_nights(tmp_path_factory.mktemp(shape) / "nights", shape)
        for number, night in enumerate(EARLIER[shape]):
            deliver(nights, f"{number}", night)
        nights.make()
        return nights

    return of


@pytest.fixture
def nights(built: Callable[[str], MappedNights], tmp_path: Path) -> Callable[[str], MappedNights]:
    """A copy that a test may change."""
    return lambda shape: built(shape).copy(tmp_path / "nights")


@pytest.mark.parametrize(
    ("night", "written"),
    [
        pytest.param({ORDERS: [line("D4", "dan", "2024-04-09")]}, in_months((*LINES, *FACTS), APR), id="a new order"),
        pytest.param(
            {ORDERS: [line("B1", "bob", "2024-03-06")]},
            in_months((*LINES, "fct_sales"), JAN, MAR) | in_months(("fct_orders",), JAN, FEB, MAR),
            id="an order moves to another month, and the customer's other order is now the first",
        ),
        pytest.param(
            {ORDERS: [line("A1", "ann", "2024-01-05")]}, in_months((*LINES, *FACTS), JAN), id="an order comes with fewer lines"
        ),
        pytest.param({METHODS: ["2,Payaxis"]}, in_months(("payments", "fct_orders"), FEB), id="a payment method gets its name"),
        pytest.param({PRODUCTS: ["S3,Red_sled,10,4,sports"]}, in_months(FACTS, FEB, MAR), id="another category"),
        pytest.param({CUSTOMERS: ["ann,2023-12-01"]}, {}, id="a customer as before"),
        pytest.param(
            {CUSTOMERS: ["ann,2023-11-30"]},
            in_months(("orders",), JAN, MAR),
            id="a customer registered on another day: the orders are rebuilt, and are as before",
        ),
        pytest.param(FOUR_TABLES[1], {}, id="a delivery of an earlier night again"),
    ],
)
def test_a_night_of_four_tables_makes_the_months_that_it_changes(
    nights: Callable[[str], MappedNights], tmp_path: Path, night: Night, written: Written
) -> None:
    assert_written(nights("four_tables"), tmp_path, night, written)


@pytest.mark.parametrize(
    ("night", "written"),
    [
        pytest.param(
            {"invoices.csv": [sale("1006", "12001", "04/09/2024")]},
            in_months(("orders", "order_items", *FACTS), APR),
            id="another order of a customer of January",
        ),
        pytest.param(
            {"invoices.csv": [sale("1006", "12001", "04/09/2024", country="France")]},
            in_months(("orders",), JAN, FEB, APR) | in_months(("order_items", *FACTS), APR),
            id="a customer moves to another country: the orders are rebuilt, and each has its own country",
        ),
        pytest.param(
            {"invoices.csv": [sale("C902", "12002", "02/09/2024", "S2")]},
            in_months(("refunds",), JAN),
            id="a credit note about an order of January",
        ),
        pytest.param(
            {"invoices.csv": [sale("1003", "12001", "03/05/2024")]},
            in_months(("orders", "order_items", "refunds", *FACTS), FEB, MAR),
            id="an order with a credit note moves to another month",
        ),
        pytest.param(
            {"invoices.csv": [sale("1007", "12002", "02/10/2024", "S2")]},
            in_months(("orders", "order_items", "fct_sales"), FEB)
            | in_months(("refunds",), JAN, FEB)
            | in_months(("fct_orders",), FEB, APR),
            id="a late order, which a credit note of March credits now instead of one of January",
        ),
    ],
)
def test_a_night_of_invoices_makes_the_months_that_it_changes(
    nights: Callable[[str], MappedNights], tmp_path: Path, night: Night, written: Written
) -> None:
    assert_written(nights("invoices"), tmp_path, night, written)


def assert_written(nights: MappedNights, folder: Path, night: Night, written: Written) -> None:
    before = hashes(nights.head)
    deliver(nights, "night", night)
    assert nights.make() == written
    assert_others_kept(before, hashes(nights.head), written)
    assert nights.state() == nights.from_scratch(folder / "scratch").state()


def assert_others_kept(before: Hashes, after: Hashes, written: Written) -> None:
    made = {(table, month) for table, months in written.items() for month in months}
    assert {part: file for part, file in after.items() if part not in made} == {
        part: file for part, file in before.items() if part not in made
    }


def hashes(entry: Entry) -> Hashes:
    return {
        (table.name, part.month): (file.path, file.hash)
        for table, parts in monthly_parts(entry).items()
        for part, file in parts.items()
    }


# ---------------------------------------------------------------------------------------------------- random nights

FIRST_DAYS = 3
"""The days of each month that are delivered before the nights."""


@pytest.mark.parametrize("shape", ["four_tables", "invoices", "flat_orders"])
def test_random_nights_make_no_other_months_and_give_the_bytes_of_a_build_from_bronze(shape: str, tmp_path: Path) -> None:
    """Some files of a synthetic shop, then nights of new days and of earlier rows again, as they were or with another cell.

    A month of a silver table may be rebuilt only if a delivery of the night, or one that is mapped otherwise now, has rows of
    it, or if its rows change; a month of a fact only if its silver changes, or its rows."""
    random, nights = Random(shape), new_nights(tmp_path / "nights", shape)
    days = daily_export(shape)
    first = [day for day in days if sum(other[:7] == day[:7] and other <= day for other in days) <= FIRST_DAYS]
    later = [day for day in days if day not in first]
    delivered = [grid for day in first for grid in days[day]]
    for day in first:
        nights.land(day, days[day])
    nights.make()
    for number in range(4):
        night = a_night(random, delivered, days[random.choice(later)])
        nights.land(f"night {number}", night)
        delivered += night
        before = nights.head
        written = nights.make()
        assert_others_kept(hashes(before), hashes(nights.head), written)
        for table, months in written.items():
            assert set(months) <= may_change(nights, before, nights.head, table), table
    assert nights.state() == nights.from_scratch(tmp_path / "scratch").state()


def a_night(random: Random, delivered: Sequence[Grid], day: Sequence[Grid]) -> list[Grid]:
    """The files of a day, or rows of some earlier files again."""
    if random.random() < 0.3:
        return list(day)
    files = {grid.table: grid for grid in random.sample(delivered, 3)}
    return [changed(random, grid, delivered) for grid in files.values()]


def changed(random: Random, grid: Grid, delivered: Sequence[Grid]) -> Grid:
    """All rows of a file with the same id as one of them. A row may be left out, or get a cell of another row of such a file."""
    its_id = random.choice(grid.rows)[0]
    rows = [list(row) for row in grid.rows if row[0] == its_id]
    if random.random() < 0.2 and len(rows) > 1:
        rows.pop()
    if random.random() < 0.8:
        others = [row for other in delivered if other.header == grid.header for row in other.rows]
        column = random.randrange(1, len(grid.header))
        random.choice(rows)[column] = random.choice(others)[column]
    return Grid(grid.table, grid.header, tuple(map(tuple, rows)))


def may_change(nights: MappedNights, before: Entry, after: Entry, table: str) -> set[str]:
    """The months of a table that a night may rebuild."""
    layer = "gold" if table in FACTS else "silver"
    was, now = (nights.rows(entry, TableId(layer, table)) for entry in (before, after))
    months = {month for month, rows in now.items() if not rows.equals(was[month])}
    if layer == "gold":
        earlier = hashes(before)
        return months | {
            month for (name, month), file in hashes(after).items() if name not in FACTS and earlier[name, month] != file
        }
    other = {
        part.batch
        for part, file in after.parts(TableId("mapped", table)).items()
        if part not in before.parts(TableId("mapped", table))
        or before.parts(TableId("mapped", table))[part].content != file.content
    }
    for entry in (before, after):
        files = entry.parts(TableId("silver", table))
        months |= {part.month for part, file in files.items() if {f"{sequence:08d}" for _, sequence, *_ in file.fates} & other}
    return months | (with_other_customers(nights, before, after) if table == "orders" else set())


def with_other_customers(nights: MappedNights, before: Entry, after: Entry) -> set[str]:
    """The months with orders of customers with another row."""
    was, now = (pl.concat(nights.rows(entry, TableId("silver", "customers")).values()) for entry in (before, after))
    different = {*now.join(was, on=now.columns, how="anti", nulls_equal=True)["customer_id"]}
    orders = nights.rows(after, TableId("silver", "orders"))
    return {month for month, rows in orders.items() if different & set(rows["customer_id"])}
