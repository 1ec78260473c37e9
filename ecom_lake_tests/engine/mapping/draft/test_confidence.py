"""How sure a cell is: a name without values that confirm it is not enough, and ids may be shown by values alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecom_lake_tests.engine.mapping.draft.drafts import Rows, cell, draft


def _orders(tmp_path: Path, header: str, value: str) -> str:
    rows: Rows = [
        (f"o{n}", f"c{n % 9}", f"2021-03-{n % 28 + 1:02d}", value.format(n=n, k=n % 5, d=n % 28 + 1)) for n in range(60)
    ]
    made = draft(tmp_path, orders=(f"Order No,Customer No,Order Date,{header}", rows))
    facet = next(facet for facet in made.facets if facet.table == "orders")
    return next((one.confidence for one in facet.cells if header.lower().replace(" ", "_") in one.columns), "none")


@pytest.mark.parametrize(
    ("header", "value", "confidence"),
    [
        ("Shipping City", "Town {k}", "likely"),
        ("Shipping City", "Town", "sure"),
        ("Shipping Zip", "9{k}123", "sure"),
        ("Shipping Zip", "to be collected by hand", "likely"),
        ("Sales Channel", "web", "likely"),
        ("Shipped Date", "2021-04-{d:02d}", "sure"),
        ("Shipped Date", "2021-02-{d:02d}", "likely"),
    ],
)
def test_sure_needs_values_that_confirm_the_name(tmp_path: Path, header: str, value: str, confidence: str) -> None:
    assert _orders(tmp_path, header, value) == confidence


def test_rows_of_one_order_show_its_number_under_any_name(tmp_path: Path) -> None:
    rows: Rows = [
        (
            f"x{n // 2}",
            f"2021-03-{n // 2 % 28 + 1:02d}",
            f"c{n // 2 % 7}",
            f"s{n % 5}",
            n % 3 + 1,
            f"{5.5 * (n % 3 + 1):.2f}",
            "5.50",
        )
        for n in range(80)
    ]
    made = draft(tmp_path, export=("Ticket,Sold At,Customer No,SKU,Qty,Total,Price", rows))
    order = cell(made, "orders", "order_id")
    assert (order.expression, order.confidence) == ("ticket", "likely")
    assert next(facet.per for facet in made.facets if facet.table == "orders") == "ticket"


def test_no_cell_is_sure_of_a_table_whose_key_is_a_guess(tmp_path: Path) -> None:
    rows: Rows = [(f"c{n % 9}", f"2021-03-{n % 28 + 1:02d}", "Town", f"{n + 5}.00") for n in range(40)]
    made = draft(tmp_path, export=("Customer ID,Order Date,Shipping City,Price", rows))
    assert cell(made, "orders", "order_id").confidence == "guess"
    assert "sure" not in {one.confidence for facet in made.facets if facet.table == "orders" for one in facet.cells}


@pytest.mark.parametrize(("header", "confidence"), [("Product SKU", "sure"), ("Seller Product SKU", "likely")])
def test_an_id_whose_name_has_the_word_of_another_id_is_not_sure(tmp_path: Path, header: str, confidence: str) -> None:
    rows: Rows = [(f"o{n // 2}", f"c{n // 2 % 9}", "2021-03-01", f"s{n % 7}", 1, f"{10 + n % 7}.50") for n in range(80)]
    made = draft(tmp_path, export=(f"Order No,Customer No,Order Date,{header},Quantity,Price", rows))
    product = cell(made, "order_items", "product_id")
    assert (product.expression, product.confidence) == (header.lower().replace(" ", "_"), confidence)
