"""Evidence from lines of the same product: a unit of it costs the same on every line, whatever the quantity and the discount.

So an amount that is the same for one unit and for three is the price of a unit, and one that is three times as high is that of
the line. Here: such comparisons. Not here: which column is the price (unit_price.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import polars as pl

_LEAST_LINES = 8
_CLEARLY = 3
"""How many times as many lines must agree with one reading as with the other."""


def unit_or_line(amount: pl.Series, quantity: pl.Series, product: pl.Series) -> Literal["unit", "line"] | None:
    """Whether an amount is that of a unit or of the line; None if too few lines have several units of a product."""
    found = _agreeing(product, amount, quantity == 1, quantity > 1, {"unit": amount, "line": amount / quantity})
    if _is_clear(found["unit"], found["line"]):
        return "unit"
    return "line" if _is_clear(found["line"], found["unit"]) else None


def is_after_discount(amount: pl.Series, quantity: pl.Series, discount: pl.Series, product: pl.Series) -> bool:
    """Whether the amount of a line is what is left after its discount."""
    readings = {"after": (amount + discount) / quantity, "before": amount / quantity}
    found = _agreeing(product, amount / quantity, discount.fill_null(0) == 0, discount > 0, readings)
    return _is_clear(found["after"], found["before"])


def _agreeing(
    product: pl.Series, price: pl.Series, is_plain: pl.Series, is_tested: pl.Series, readings: Mapping[str, pl.Series]
) -> dict[str, int]:
    """The tested lines whose price by each reading is the price of a plain line of the product."""
    rows = pl.DataFrame({"product": product, "price": price, "plain": is_plain, "tested": is_tested})
    known = rows.filter("plain").select("product", _cents("price")).drop_nulls().unique()
    counts = {}
    for name, values in readings.items():
        tested = rows.with_columns(price=values).filter("tested").select("product", _cents("price")).drop_nulls()
        counts[name] = tested.join(known, on=["product", "price"], how="semi").height
    return counts


def _cents(name: str) -> pl.Expr:
    return (pl.col(name) * 100).round(0)


def _is_clear(one: int, other: int) -> bool:
    return one >= _LEAST_LINES and one >= _CLEARLY * other
