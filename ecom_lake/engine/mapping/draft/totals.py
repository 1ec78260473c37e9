"""Whether the amounts of an order's lines add up to the amount of the order, and with which charges.

Discounts are subtracted, freight and tax added, or not: every combination is tried, and the one that is right for most orders is
reported. An amount that stands once per order is counted once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

import polars as pl

CENT = 0.0151
"""A cent of rounding in the sum of several lines, and the error of a float."""
_LEAST_ORDERS = 5


@dataclass(frozen=True)
class OrderTotals:
    text: str
    """The sum that was compared: `price * quantity - discount + freight`."""
    total: str
    """The column with the stated total: `payments.amount`."""
    orders: int
    exceptions: int

    @property
    def share(self) -> float:
        return 1 - self.exceptions / self.orders

    @property
    def sentence(self) -> str:
        where = (
            f"for all {self.orders:,} orders" if not self.exceptions else f"not for {self.exceptions:,} of {self.orders:,} orders"
        )
        return f"the lines' {self.text} adds up to {self.total} {where}"


@dataclass(frozen=True)
class Addend:
    """An amount that may be part of an order's total."""

    text: str
    sign: int
    values: pl.Series
    """One per line."""
    is_per_order: bool
    """Whether the rows repeat one amount of the order, or only one row of it has the amount."""


def compare_totals(
    orders: pl.Series, amount: Addend, addends: Sequence[Addend], totals: Mapping[str, pl.DataFrame]
) -> OrderTotals | None:
    """The best combination against the best of the stated totals, each a frame of `order` and `total`; None without any."""
    sums = _sums(orders, [amount, *addends])
    best: OrderTotals | None = None
    for name, stated in totals.items():
        both = sums.join(stated.group_by("order").agg(pl.col("total").sum()), on="order").drop_nulls("total")
        if both.height < _LEAST_ORDERS:
            continue
        for chosen in _subsets(range(1, len(addends) + 1)):
            expected = pl.sum_horizontal(pl.col(str(number)) for number in (0, *chosen))
            exceptions = both.filter((expected - pl.col("total")).abs() > CENT).height
            text = " ".join([amount.text, *(f"{'+' if addends[n - 1].sign > 0 else '-'} {addends[n - 1].text}" for n in chosen)])
            found = OrderTotals(text, name, both.height, exceptions)
            if best is None or found.share > best.share:
                best = found
    return best


def _sums(orders: pl.Series, addends: Sequence[Addend]) -> pl.DataFrame:
    """For each order, the sum of each addend with its sign, under the addend's position."""
    rows = pl.DataFrame({"order": orders, **{str(number): one.values.fill_null(0) for number, one in enumerate(addends)}})
    aggregated = [
        (pl.col(str(number)).max() if one.is_per_order else pl.col(str(number)).sum()) * one.sign
        for number, one in enumerate(addends)
    ]
    return rows.drop_nulls("order").group_by("order").agg(aggregated)


def _subsets(numbers: Sequence[int]) -> list[tuple[int, ...]]:
    """Small ones first, so that a charge of 0 is not named."""
    return list(chain.from_iterable(combinations(numbers, size) for size in range(len(numbers) + 1)))
