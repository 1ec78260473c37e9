"""The options of a synthetic shop; they determine every byte of its files."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

_SHARES = {"repeat_share": 0.4, "late_share": 0.5, "late_return_drop": 1.0, "corrections": 0.2}
"""The maximum of each share."""
MOST_ORDERS = 10_000_000
"""The orders of a shop are in memory together: up to half a gigabyte for a million of them."""


@dataclass(frozen=True)
class SynthOptions:
    orders: int = 20_000
    """Number of valid orders; broken rows are extra."""
    seed: int = 1
    first_month: str = "2016-09"
    last_month: str = "2018-10"
    repeat_share: float = 0.03
    """Share of the customers who order on more than one day; 0 in a shop of a single month."""
    late_share: float = 0.07
    """Share of the delivered orders that arrive after the promised day."""
    late_score_drop: float = 2.0
    """Points by which a late delivery lowers the review score."""
    late_return_drop: float = 0.5
    """Relative drop in the probability of another order after a late delivery."""
    thin_edges: bool = False
    """Whether the first and the last month have few orders, as in a truncated export."""
    by_month: bool = False
    """Whether to write one folder per month with the new rows of the month, instead of one dump."""
    corrections: float = 0.01
    """Share of the orders that a later delivery corrects; a dump has no later delivery."""
    broken: int = 3
    """Broken rows of each kind; 0 for clean files."""
    full: bool = False
    """Whether to write canonical files with everything that they can contain: costs, discounts, quantities, returns, brands,
    channels and customer profiles. A full shop has no broken rows and no corrections."""

    by_day: bool = False
    """Whether to write one folder per day, as a nightly export does; only for the export of a shape."""
    shape: str = ""
    """The shop system whose export is written (`shapes/`); empty for Olist's files or, with `full`, the canonical ones. The
    export of a shape has no broken rows and no corrections."""

    def __post_init__(self) -> None:
        if self.orders < 100:
            raise ValueError(f"orders is {self.orders}; a shop needs at least 100.")
        if self.orders > MOST_ORDERS:
            raise ValueError(f"orders is {self.orders:,}; a synthetic shop has at most {MOST_ORDERS:,}.")
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}; use a whole number from 0.")
        for name in ("first_month", "last_month"):
            if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", getattr(self, name)):
                raise ValueError(f"{name} is '{getattr(self, name)}'; use a year and a month, such as 2017-01.")
        if self.by_day and self.by_month:
            raise ValueError("by_day and by_month are two ways to deliver: choose one.")
        if self.by_day and not self.shape:
            raise ValueError("by_day is for the export of a shape: name the shape, or use by_month.")
        if self.full and self.shape:
            raise ValueError(f"full is for the canonical files, and {self.shape} is another export: choose one.")
        if self.first_month > self.last_month:
            raise ValueError(f"first_month {self.first_month} is after last_month {self.last_month}; swap them.")
        if self.orders < len(self.months):
            raise ValueError(f"orders is {self.orders} for {len(self.months)} months; every month needs at least one.")
        for name, most in _SHARES.items():
            if not 0 <= getattr(self, name) <= most:
                raise ValueError(f"{name} is {getattr(self, name)}; use a share from 0 to {most:g}.")
        if not 0 <= self.late_score_drop <= 3:
            raise ValueError(f"late_score_drop is {self.late_score_drop}; use 0 to 3 points.")
        if not 0 <= self.broken <= self.orders // 20:
            raise ValueError(f"broken is {self.broken}; use 0 to {self.orders // 20}, 5% of the orders.")

    @property
    def months(self) -> tuple[int, ...]:
        """The months of the shop, as numbers; 1970-01 is 0."""
        first, last = (int(np.datetime64(month, "M").astype(np.int64)) for month in (self.first_month, self.last_month))
        return tuple(range(first, last + 1))
