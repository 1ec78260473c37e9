"""Prefixes that most headers of a file have say nothing, unless they are words."""

from __future__ import annotations

import pytest

from ecom_lake.engine.mapping.draft.prefixes import without_prefixes

KNOWN = {"order", "order id", "order date", "city", "qty", "zip", "price", "name", "orderdate", "orderid", "total"}


def _is_known(name: str) -> bool:
    return " ".join(name.replace("_", " ").split()).casefold() in KNOWN


@pytest.mark.parametrize(
    ("headers", "bare"),
    [
        (["f_city", "f_qty", "f_zip", "f_price"], ["city", "qty", "zip", "price"]),
        (["x_studio_city", "x_studio_qty", "x_studio_zip", "x_studio_price"], ["city", "qty", "zip", "price"]),
        (["OXCITY", "OXQTY", "OXZIP", "OXTOTAL"], ["CITY", "QTY", "ZIP", "TOTAL"]),
        (["strCity", "intQty", "strZip", "curPrice", "Name"], ["City", "Qty", "Zip", "Price", "Name"]),
        (["order_id", "order_date", "order_city", "order_qty"], None),
        (["warehouse_city", "warehouse_zip", "city", "zip", "qty"], None),
        (["f_city", "f_qty", "f_zip"], None),
        (["order_date", "order_id", "orderdate", "orderid"], None),
    ],
)
def test_a_prefix_is_dropped_if_most_headers_have_it_and_more_names_are_known_without_it(
    headers: list[str], bare: list[str] | None
) -> None:
    assert list(without_prefixes(headers, _is_known).values()) == (bare or headers)
