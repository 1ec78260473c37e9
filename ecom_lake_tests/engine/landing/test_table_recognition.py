"""Recognition of a file's table by its name or columns, and the messages if it is not recognized."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.engine.contracts.delivered import Delivered
from ecom_lake.engine.landing.header import Header
from ecom_lake.engine.landing.refused import Refused
from ecom_lake.engine.landing.table_recognition import layout, recognise

ORDERS = Delivered("orders", "", ("order_id", "customer_id", "status"), ("note",), ("shop_orders", "orders"))
CUSTOMERS = Delivered("customers", "", ("customer_id", "city"), ("state",), ("shop_customers_v2",))
SHOP = (ORDERS, CUSTOMERS)
COLUMNS = {"orders": "order_id,customer_id,status", "customers": "customer_id,city"}


def header(names: str) -> Header:
    return Header(tuple(names.split(",")), ",", 0, 1)


def refusal(file: str, names: str | None, delivered: tuple[Delivered, ...] = SHOP) -> str:
    with pytest.raises(Refused) as refused:
        found = header(names) if names is not None else None
        layout(file, recognise(file, found, delivered), found or header(""))
    return str(refused.value)


@pytest.mark.parametrize(
    ("file", "table"),
    [
        ("shop_orders.csv", "orders"),
        ("Orders.CSV", "orders"),
        ("shop-orders 2018-01-31 (2).csv.gz", "orders"),
        ("orders_20180131T093000Z.txt", "orders"),
        ("2018/01/orders.tsv", "orders"),
        ("dump.zip/2018.01/shop_orders.csv", "orders"),
        ("shop_orders2018.csv", "orders"),
        ("shop_customers_v3.csv", "customers"),
        ("customers_of_orders.csv", None),
        ("export.csv", None),
        ("2018-01.csv", None),
    ],
)
def test_a_file_is_recognized_by_its_name_without_case_dates_and_numbers(file: str, table: str | None) -> None:
    if table is None:
        assert "name it after its table" in refusal(file, None)
    else:
        assert recognise(file, None, SHOP).name == table
        assert recognise(file, header(COLUMNS[table]), SHOP).name == table


@pytest.mark.parametrize(
    ("names", "table"),
    [
        ("order_id,customer_id,status", "orders"),
        ("STATUS,x,Customer_ID,order_id", "orders"),
        ("city,customer_id", "customers"),
        ("order_id,customer_id,status,city", "orders"),
        ("order_id,customer_id,city,state,status,note", "orders"),
    ],
)
def test_a_file_is_recognized_by_the_table_with_the_most_matching_columns(names: str, table: str) -> None:
    assert recognise("export.csv", header(names), SHOP).name == table


def test_the_name_has_priority_over_the_columns() -> None:
    both = header("order_id,customer_id,status,city,state")
    assert recognise("shop_customers.csv", both, SHOP) is CUSTOMERS


def test_two_tables_with_the_same_columns_are_distinguished_by_name_only() -> None:
    twins = (Delivered("sales", "", ("id",), file_names=("sales",)), Delivered("refunds", "", ("id",)))
    assert recognise("sales_2018.csv", header("id"), twins).name == "sales"
    assert refusal("export.csv", "id", twins) == "export.csv has the columns of sales, refunds: name it after one of them."


@pytest.mark.parametrize(
    ("file", "names", "sentence"),
    [
        (
            "orders.csv",
            "Order Id,customer_id,status",
            "orders.csv lacks what orders needs: order_id (most similar in the file: Order Id); "
            "rename the column, or export it again.",
        ),
        (
            "export.csv",
            "order_id,custmer_id,x",
            "export.csv is none of the known tables (orders, customers); its first line has 3 fields, 1 known: "
            "name it after its table, or remove it.",
        ),
        (
            "export.csv",
            "order_id,custmer_id,status",
            "export.csv lacks what orders needs: customer_id (most similar in the file: custmer_id); "
            "rename the column, or export it again.",
        ),
        (
            "orders.csv",
            "order_id,x,y",
            "orders.csv lacks what orders needs: customer_id, status; its first line has 3 fields, 1 known; "
            "rename the column, or export it again.",
        ),
        (
            "export.csv",
            "colour,size",
            "export.csv is none of the known tables (orders, customers); its first line has 2 fields, none of them known: "
            "name it after its table, or remove it.",
        ),
        (
            "orders.csv",
            "1,João,created",
            "orders.csv seems to have no header: its first line has 3 fields, 1 of them a number, a date or an id, and none of "
            "them known; put the names of the columns into its first line.",
        ),
        (
            "orders.csv",
            "Name,Email,Financial Status",
            "orders.csv lacks what orders needs: order_id, customer_id, status; its first line has 3 fields, none of them known; "
            "rename the columns, or put their names into the first line if it does not hold them.",
        ),
        (
            "orders.csv",
            "Order ID,2023,2024",
            "orders.csv lacks what orders needs: order_id (most similar in the file: Order ID), customer_id, status; "
            "rename the column, or export it again.",
        ),
        (
            "shop_customers.csv",
            "customer_id,delivery city",
            "shop_customers.csv lacks what customers needs: city (most similar in the file: delivery city); "
            "rename the column, or export it again.",
        ),
        (
            "shop_customers.csv",
            "id of João,Salvador city",
            "shop_customers.csv lacks what customers needs: customer_id, city; its first line has 2 fields, none of them known; "
            "rename the columns, or put their names into the first line if it does not hold them.",
        ),
        (
            "export.csv",
            "e481f51cbdc54678b7cc49136f2d6af7,x,2018-01-01 10:00:00",
            "export.csv seems to have no header: its first line has 3 fields, 2 of them a number, a date or an id, and none of "
            "them known; put the names of the columns into its first line.",
        ),
        (
            "orders.csv",
            "order_id,customer_id,status,ORDER_ID",
            "orders.csv has two columns called ORDER_ID: rename or remove one of them.",
        ),
        (
            "orders.csv",
            "order_id,customer_id,status,x,x",
            "orders.csv has two columns called x: rename or remove one of them.",
        ),
        (
            "orders.csv",
            "order_id,customer_id,status,source_record,delivered_source_record",
            "orders.csv has two columns called delivered_source_record: rename or remove one of them.",
        ),
        ("orders.csv", "customer_id,city", "orders.csv is named like orders but has the columns of customers: rename the file."),
        (
            "export.csv",
            None,
            "export.csv is empty and is not named after a table: name it after its table, or remove it.",
        ),
    ],
)
def test_a_refusal_is_one_sentence(file: str, names: str | None, sentence: str) -> None:
    assert refusal(file, names) == sentence


def test_a_file_without_a_required_column_is_not_recognized_as_a_smaller_table() -> None:
    sellers = Delivered("sellers", "", ("seller_id",), ("city",))
    lines = Delivered("lines", "", ("line_id", "price"), ("seller_id",))
    assert refusal("export.csv", "line_id,seller_id", (sellers, lines)).startswith("export.csv lacks what lines needs: price")
    assert refusal("lines.csv", "line_id,seller_id", (sellers, lines)).startswith("lines.csv lacks what lines needs: price")
    assert recognise("export.csv", header("seller_id"), (sellers,)).name == "sellers"


@given(st.lists(st.text("abcdefghijklmnopqrstuvwxyz0123456789:$/ ", min_size=1).map("§{}§".format), min_size=1, unique=True))
def test_no_refusal_quotes_the_content_of_an_unknown_file(fields: list[str]) -> None:
    for file, known in product(("orders.csv", "export.csv"), ("", "order_id,", "order_id,status,")):
        assert "§" not in refusal(file, known + ",".join(fields))


def test_extra_columns_that_are_probably_misspelled_columns() -> None:
    found = layout("orders.csv", ORDERS, header("order_id,customer_id,status,Order Note,order_status,colour"))
    assert found.misnamed == (("Order Note", "note"),)


def test_the_positions_of_columns() -> None:
    found = layout("orders.csv", ORDERS, header("x,STATUS,source_record,order_id,customer_id"))
    assert found.positions == {
        "order_id": 3,
        "customer_id": 4,
        "status": 1,
        "note": None,
        "x": 0,
        "delivered_source_record": 2,
    }
    assert list(found.positions)[:4] == list(ORDERS.columns)
    assert (found.extra, found.missing) == (("x", "delivered_source_record"), ("note",))


def test_one_column_that_many_files_have_does_not_make_a_file_a_table() -> None:
    people = Delivered("people", "", ("id", "registered_date"))
    assert refusal("methods.csv", "id,method", (people,)).startswith("methods.csv is none of the known tables (people)")
    near = refusal("export.csv", "id,registred_date", (people,))
    assert near.startswith("export.csv lacks what people needs: registered_date (most similar in the file: registred_date)")
