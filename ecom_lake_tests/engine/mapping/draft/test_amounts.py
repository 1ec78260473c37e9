"""Amounts of lines: arithmetic and lines of the same product decide which column is which, whatever the names are."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecom_lake.engine.mapping.draft.draft import Draft
from ecom_lake.engine.mapping.draft.draft_text import draft_text
from ecom_lake.engine.mapping.map_file import read_map
from ecom_lake.engine.mapping.run_facet import check_types
from ecom_lake.shop.connectors.canonical import CANONICAL
from ecom_lake_tests.engine.mapping.draft.drafts import Rows, cell, draft

VAT = 0.19
PRICES = (9.5, 20.0, 31.25, 47.1, 5.8)


def _lines(tmp_path: Path, header: str, *amounts: str) -> Draft:
    """A draft of 120 lines of 60 orders. Amounts: expressions of row n, price p, quantity q, discount d, percent r, freight f."""
    rows: Rows = []
    for n in range(120):
        reduced = n % 4 == 1
        known = {"n": n, "p": PRICES[n % 5], "q": n % 3 + 1, "d": reduced * 1.5, "r": reduced * 10, "f": n // 2 % 9 + 2.5}
        values = [f"{eval(one, {}, known):.2f}" for one in amounts]
        rows.append((f"o{n // 2}", f"2021-03-{n // 2 % 28 + 1:02d}", f"s{n % 5}", known["q"], *values))
    made = draft(tmp_path, sales=(f"Order No,Order Date,SKU,Qty,{header}", rows))
    check_types(read_map(draft_text(made, "mine"), "maps/mine.toml", CANONICAL.delivered))
    return made


def test_of_prices_with_and_without_tax_the_one_without_counts(tmp_path: Path) -> None:
    made = _lines(tmp_path, "Price A,Price B,Total A,Total B", f"p * {1 + VAT}", "p", f"round(p * {1 + VAT}, 2) * q", "p * q")
    assert cell(made, "order_items", "unit_price").expression == "price_b"


def test_of_prices_before_and_after_the_discount_the_one_before_counts(tmp_path: Path) -> None:
    amounts = ("p * (1 - r / 100)", "p", "r", "round(p * (1 - r / 100), 2) * q", "p * q")
    made = _lines(tmp_path, "Price,Price Before,Disc %,Line Total,Value", *amounts)
    assert cell(made, "order_items", "unit_price").expression == "price_before"


@pytest.mark.parametrize(
    ("paid", "discount", "expected"),
    [
        ("p - d", "d", "original_price"),
        ("p - (n % 8 == 1) * 2.0", "(n // 2 % 4 == 0) * 2.0", "original_price"),
        ("p - d", "(q == 3) * 2.0", "price"),
        ("p - d", "2.0", "price"),
        ("p - (n % 30 == 1) * 2.0", "(n % 30 == 2) * 2.0", "price"),
        ("p - (n % 8 < 2) * 2.0", "(n // 2 % 4 == 1) * 2.0", "price"),
    ],
    ids=["of the line", "of one line of the order", "of other lines", "of all lines", "of few other lines", "of other orders"],
)
def test_a_higher_price_is_the_one_before_the_discount_only_where_there_is_one(
    tmp_path: Path, paid: str, discount: str, expected: str
) -> None:
    """Otherwise it is a list price, which is struck through in the shop."""
    made = _lines(tmp_path, "Price,Original Price,Discount", paid, "p", discount)
    assert cell(made, "order_items", "unit_price").expression == expected


def test_a_price_that_rises_with_the_quantity_is_the_amount_of_the_line(tmp_path: Path) -> None:
    price = cell(_lines(tmp_path, "Item Price", "p * q"), "order_items", "unit_price")
    assert (price.expression, price.confidence) == ("per(item_price, qty)", "likely")
    (same := tmp_path / "same").mkdir()
    price = cell(_lines(same, "Item Price", "p"), "order_items", "unit_price")
    assert (price.expression, price.confidence) == ("item_price", "sure")


def test_a_total_after_the_discount_gets_the_discount_back(tmp_path: Path) -> None:
    made = _lines(tmp_path, "Net Sales,Discount", "p * q - d", "d")
    assert cell(made, "order_items", "unit_price").expression == "per(num(net_sales) + coalesce(num(discount), 0), qty)"
    assert cell(made, "order_items", "discount").expression == "discount"


def test_a_unit_price_after_the_discount_gets_the_discount_back(tmp_path: Path) -> None:
    made = _lines(tmp_path, "Price,Discount,Shipping", "p - d / q", "d", "f")
    assert cell(made, "order_items", "unit_price").expression == "per(num(price) * num(qty) + coalesce(num(discount), 0), qty)"
    assert cell(made, "order_items", "discount").expression == "discount"
    shipping = cell(made, "order_items", "freight").expression
    assert shipping == "share(of(num(shipping)), num(price) * num(qty) + coalesce(num(discount), 0))"
    left = sum((PRICES[n % 5] - (n % 4 == 1) * 1.5 / (n % 3 + 1)) * (n % 3 + 1) for n in range(120))
    assert made.sales is not None
    assert made.sales.net_sales == pytest.approx(left, abs=0.3)


def test_a_discount_below_zero_changes_its_sign(tmp_path: Path) -> None:
    made = _lines(tmp_path, "Price,Gross Sales,Discounts,Net Sales", "p", "p * q", "0 - d", "p * q - d")
    assert cell(made, "order_items", "discount").expression == "-num(discounts)"
    assert made.sales is not None and abs(made.sales.net_sales - sum(PRICES[n % 5] * (n % 3 + 1) for n in range(120)) + 45) < 0.01


def test_a_cost_that_rises_with_the_quantity_is_that_of_the_line(tmp_path: Path) -> None:
    made = _lines(tmp_path, "Price,Amount,Cost", "p", "p * q", "p * q * 0.4")
    assert cell(made, "order_items", "unit_cost").expression == "per(cost, qty)"


def test_a_tax_that_is_a_share_of_the_unit_price_is_multiplied(tmp_path: Path) -> None:
    made = _lines(tmp_path, "Price,Amount,Tax", "p", "p * q", f"p * {VAT}")
    assert cell(made, "order_items", "tax").expression == "num(tax) * num(qty)"


def test_an_amount_of_the_order_is_shared_and_names_its_weights(tmp_path: Path) -> None:
    freight = cell(_lines(tmp_path, "Price,Amount,Shipping", "p", "p * q", "f"), "order_items", "freight")
    assert freight.expression == "share(of(num(shipping)), num(price) * num(qty))"
    assert freight.columns == ("price", "qty", "shipping")


def test_a_discount_and_what_it_leaves_are_not_exchanged(tmp_path: Path) -> None:
    made = _lines(tmp_path, "Price,Kept Back,Rest", "p", "d", "p * q - d")
    assert cell(made, "order_items", "discount").expression == "kept_back"


def test_a_total_of_the_order_on_each_of_its_rows_is_no_total_of_the_line(tmp_path: Path) -> None:
    """60 orders have one line, so that price * quantity is the total of the order in 60 of 72 rows."""
    rows: Rows = []
    sales = 0.0
    for n in range(66):
        lines = [(PRICES[n % 5], n % 2 + 1)] + ([(PRICES[(n + 1) % 5], 1)] if n < 6 else [])
        total = sum(price * pieces for price, pieces in lines)
        sales += total
        rows += [(f"o{n}", f"2021-03-{n % 28 + 1:02d}", f"s{price}", pieces, f"{price:.2f}", total) for price, pieces in lines]
    made = draft(tmp_path, sales=("Order No,Order Date,SKU,Qty,Item Cost,Order Subtotal", rows))
    assert cell(made, "order_items", "unit_price").expression == "item_cost"
    assert made.sales is not None and made.sales.net_sales == pytest.approx(sales)


def test_a_quantity_of_one_in_nearly_all_rows_is_a_quantity(tmp_path: Path) -> None:
    """None of the six orders with two lines has different quantities, which is no evidence that they are of the order."""
    numbers = [n for n in range(66) for _ in range(2 if n < 6 else 1)]
    rows: Rows = [
        (f"o{n}", f"2021-03-{n % 28 + 1:02d}", f"s{row % 5}", 2 if n > 60 else 1, PRICES[row % 5])
        for row, n in enumerate(numbers)
    ]
    made = draft(tmp_path, sales=("Order No,Order Date,SKU,Quantity,Item Price", rows))
    assert cell(made, "order_items", "quantity").expression == "quantity"


def test_a_quantity_of_the_order_on_each_of_its_rows_is_no_quantity_of_the_line(tmp_path: Path) -> None:
    numbers = [n for n in range(40) for _ in range(2)]
    rows: Rows = [
        (f"o{n}", f"2021-03-{n % 28 + 1:02d}", f"s{row % 5}", n % 7 + 2, PRICES[row % 5]) for row, n in enumerate(numbers)
    ]
    made = draft(tmp_path, sales=("Order No,Order Date,SKU,Quantity,Item Price", rows))
    lines = next(facet for facet in made.facets if facet.table == "order_items")
    assert "quantity" not in lines.targets
