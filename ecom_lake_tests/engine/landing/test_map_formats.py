"""Files of a map in landing: recognised by patterns, headers in snake case, own separators, no header, dropped columns."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.engine.contracts.delivered import SPACES, Delivered, FileFormat
from ecom_lake.engine.landing.blanks import blanks_as_tabs
from ecom_lake.engine.landing.refused import Refused
from ecom_lake.engine.landing.snake_case import snake_case

Reading = Callable[..., Any]
ORDERS = Delivered(
    "orders_export",
    "",
    ("name", "price"),
    ("note",),
    file_format=FileFormat(("orders_export*",), {"price": ("preis", "unit_price")}),
)
TABLE = Delivered(
    "table", "", ("id", "year", "spent"), file_format=FileFormat(("*_master*",), {}, SPACES, ("id", "year", "spent"))
)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Lineitem quantity", "lineitem_quantity"),
        ("Order ID", "order_id"),
        ("orderNumber", "order_number"),
        ("Müşteri No.", "musteri_no"),
        ("PREIS (€)", "preis"),
        ("  Total   Amount ", "total_amount"),
        ("Straße", "strasse"),
        ("订单号", "订单号"),
        ("Iıİi", "iiii"),
        ("__x__", "x"),
        ("%", ""),
    ],
)
def test_snake_case(header: str, name: str) -> None:
    assert snake_case(header) == name
    assert snake_case(name) == name


def test_headers_are_stored_in_snake_case(read: Reading) -> None:
    """So that another name in the map needs no new delivery."""
    found = read(b"Name,Unit Price,Shipping Name\n#1,2,Ada\n", "orders_export_1.csv", (ORDERS, TABLE))
    assert found.columns == ["name", "unit_price", "shipping_name", "source_record"]
    assert found.rows == [("#1", "2", "Ada", 1)]
    assert (found.parsed.table, found.parsed.extra_columns, found.parsed.missing_optional) == (
        "orders_export",
        ("shipping_name",),
        ("note",),
    )


def test_a_file_is_recognised_by_its_columns_too(read: Reading) -> None:
    assert read("\ufeffPREIS;Name;x\n2;#1;3\n".encode(), "export.csv", (ORDERS, TABLE)).parsed.table == "orders_export"


def test_the_longest_pattern_wins(read: Reading) -> None:
    all_orders = Delivered("orders", "", ("name", "price"), file_format=FileFormat(("orders*",)))
    assert read(b"name,price,preis\n1,2,3\n", "orders_export.csv", (all_orders, ORDERS)).parsed.table == "orders_export"
    assert read(b"name,price,preis\n1,2,3\n", "Orders 2024.csv.gz", (all_orders, ORDERS)).parsed.table == "orders"


def test_a_column_that_is_missing(read: Reading) -> None:
    with pytest.raises(Refused) as refused:
        read(b"Name,Unit_prize\n#1,2\n", "orders_export.csv", (ORDERS,))
    assert str(
        refused.value
    ) == "orders_export.csv lacks what orders_export needs: price (most similar in the file: Unit_prize); " + (
        "name its header in columns of [files.orders_export] in the map, list it in optional there if files may lack it, "
        "or export it again."
    )


def test_two_headers_with_the_same_name(read: Reading) -> None:
    with pytest.raises(Refused, match="has two columns called UNIT_PRICE: rename or remove one of them"):
        read(b"Name,Unit price,UNIT_PRICE\n#1,2,3\n", "orders_export.csv", (ORDERS,))


def test_two_headers_that_differ_only_in_signs(read: Reading) -> None:
    with pytest.raises(Refused) as refused:
        read(b"Name,Unit price,Discount,Discount %\n#1,2,3,4\n", "orders_export.csv", (ORDERS,))
    assert str(refused.value) == (
        "orders_export.csv has the columns Discount and Discount %, which are both stored as discount: "
        "rename or remove one of them."
    )


def test_a_separator_of_its_own(read: Reading) -> None:
    caret = Delivered("sales", "", ("id", "price"), file_format=FileFormat(separator="^"))
    assert read(b"Id^Price\n1^2,5\n", "any.csv", (ORDERS, caret)).rows == [("1", "2,5", 1)]


def test_a_file_without_a_header(read: Reading) -> None:
    semicolons = Delivered("sales", "", ("id", "price"), file_format=FileFormat(("sales*",), header=("id", "price")))
    found = read(b"1;2\n3;4;5\n5;6\n", "sales.csv", (semicolons,))
    assert (found.columns, found.rows, found.reasons) == (
        ["id", "price", "source_record"],
        [("1", "2", 1), ("5", "6", 3)],
        ["too many fields: 3 of 2"],
    )
    assert read(b"", "sales.csv", (semicolons,)).rows == []
    with pytest.raises(
        Refused, match=r"sales.csv has another number of columns than the 2 that sales has without a header \(id, price\)"
    ):
        read(b"1;2;3\n", "sales.csv", (semicolons,))


def test_columns_that_blanks_separate(read: Reading) -> None:
    found = read(b" 00004  1997   29.33\r\n00005\t1998 7.00 \n\n 00006 1999\n", "shop_master.txt", (TABLE,))
    assert found.rows == [("00004", "1997", "29.33", 1), ("00005", "1998", "7.00", 2)]
    assert found.reasons == ["too few fields: 2 of 3"]


def test_dropped_columns_are_not_stored(read: Reading) -> None:
    """Neither are records that were rejected: their text holds those columns."""
    people = Delivered("people", "", ("id",), file_format=FileFormat(drop=("address",)))
    found = read(b"Id,Address\n1,Main Street\n2,Side Street,3\n", "people.csv", (people,))
    assert (found.columns, found.rows) == (["id", "source_record"], [("1", 1)])
    assert [(reject["reason"], reject["raw"]) for reject in found.rejects] == [("too many fields: 3 of 2", None)]


@given(st.text(" \t\nab", max_size=40), st.lists(st.integers(0, 40), max_size=4))
def test_blanks_are_tabs_wherever_the_blocks_are_cut(text: str, cuts: list[int]) -> None:
    places = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    blocks = [text[start:end].encode() for start, end in pairwise(places)]
    found = b"".join(blanks_as_tabs(blocks)).decode()
    assert found == "\n".join("\t".join(line.split()) for line in text.split("\n"))
