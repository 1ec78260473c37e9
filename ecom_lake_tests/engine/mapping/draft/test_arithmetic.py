"""Formulas between columns, and in how many rows they do not hold."""

from __future__ import annotations

import numpy as np

from ecom_lake.engine.mapping.draft.arithmetic import find_formulas
from ecom_lake.statistics.arrays import Floats

ROWS = 100
ROW: Floats = np.arange(ROWS, dtype=np.float64)
PRICE: Floats = 10 + ROW * 1.37
QUANTITY: Floats = ROW % 5 + 1
DISCOUNT: Floats = ROW % 4 * 0.5


def _sentences(**columns: Floats) -> list[str]:
    return [formula.sentence for formula in find_formulas(columns)]


def test_price_times_quantity() -> None:
    assert _sentences(price=PRICE, quantity=QUANTITY, total=PRICE * QUANTITY) == ["price * quantity = total in all 100 rows"]


def test_nearly_with_the_rows_that_differ() -> None:
    total = PRICE * QUANTITY
    total[:4] += 5
    assert _sentences(price=PRICE, quantity=QUANTITY, total=total) == ["price * quantity = total not in 4 of 100 rows"]


def test_a_formula_that_holds_by_chance_in_half_of_the_rows_is_none() -> None:
    total = PRICE * QUANTITY
    total[:50] += 5
    assert _sentences(price=PRICE, quantity=QUANTITY, total=total) == []


def test_less_a_discount() -> None:
    found = find_formulas({"price": PRICE, "quantity": QUANTITY, "discount": DISCOUNT, "net": PRICE * QUANTITY - DISCOUNT})
    assert "price * quantity - discount = net in all 100 rows" in [formula.sentence for formula in found]


def test_a_share_of_the_price() -> None:
    share: Floats = ROW % 3 * 0.1
    net: Floats = np.round(PRICE * QUANTITY * (1 - share), 2)
    assert "price * quantity * (1 - share) = net in all 100 rows" in _sentences(
        price=PRICE, quantity=QUANTITY, share=share, net=net
    )


def test_a_sum() -> None:
    freight: Floats = 5 + ROW * 0.1
    assert _sentences(price=PRICE, freight=freight, total=PRICE + freight) == ["price + freight = total in all 100 rows"]


def test_a_quantity_that_is_always_1_is_no_evidence() -> None:
    assert _sentences(price=PRICE, quantity=np.ones(ROWS), total=PRICE.copy()) == []


def test_rows_without_a_number_are_not_counted() -> None:
    total = PRICE * QUANTITY
    total[:10] = np.nan
    assert _sentences(price=PRICE, quantity=QUANTITY, total=total) == ["price * quantity = total in all 90 rows"]


def test_a_product_with_1_in_nearly_all_rows_is_no_evidence() -> None:
    quantity: Floats = np.where(ROW < 3, 2.0, 1.0)
    assert "price * quantity = total" not in " ".join(_sentences(price=PRICE, quantity=quantity, total=PRICE.copy()))
