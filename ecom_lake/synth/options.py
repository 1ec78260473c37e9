"""What can be asked of a made-up shop. Every number that a person may want to set is here; what is here decides every byte."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

_SHARES = {"repeat_share": 0.4, "late_share": 0.5, "late_return_drop": 1.0, "corrections": 0.2}
"""The most that each share may be: beyond it the shop could not be made as asked, or would be no shop."""


@dataclass(frozen=True)
class SynthOptions:
    orders: int = 20_000
    """Good orders in all. Broken rows come on top."""
    seed: int = 1
    first_month: str = "2016-09"
    last_month: str = "2018-10"
    repeat_share: float = 0.03
    """Share of the buyers who buy on more than one day. A shop of a single month has none."""
    late_share: float = 0.07
    """Share of the delivered orders that come after the promised day."""
    late_score_drop: float = 2.0
    """Points of the review score that a late delivery costs."""
    late_return_drop: float = 0.5
    """By how much less likely a person comes back after a late delivery: 0.5 is half as likely."""
    thin_edges: bool = False
    """Whether the first and the last month hold only a handful of orders, as an export cut off in mid-month does."""
    by_month: bool = False
    """Whether to write a folder per month, with that month's news, instead of one dump."""
    corrections: float = 0.01
    """Share of the orders that are first delivered wrong and mended by a later delivery; a dump has no later delivery."""
    broken: int = 3
    """Broken rows of each kind; 0 makes a clean shop."""
    full: bool = False
    """Whether to make all that the canonical shop can hold, as canonical files: costs, discounts, quantities, returns, brands,
    channels, and who the people are. A full shop is clean: nothing is broken in it, and nothing mended."""

    def __post_init__(self) -> None:
        if self.orders < 100:
            raise ValueError(f"orders is {self.orders}; a shop needs at least 100.")
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}; take a whole number from 0 on.")
        for name in ("first_month", "last_month"):
            if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", getattr(self, name)):
                raise ValueError(f"{name} is '{getattr(self, name)}'; write it as year and month, such as 2017-01.")
        if self.first_month > self.last_month:
            raise ValueError(f"first_month {self.first_month} is after last_month {self.last_month}; swap them.")
        if self.orders < len(self.months):
            raise ValueError(f"orders is {self.orders} for {len(self.months)} months; every month needs at least one.")
        for name, most in _SHARES.items():
            if not 0 <= getattr(self, name) <= most:
                raise ValueError(f"{name} is {getattr(self, name)}; take a share from 0 to {most:g}.")
        if not 0 <= self.late_score_drop <= 3:
            raise ValueError(f"late_score_drop is {self.late_score_drop}; take from 0 to 3 points.")
        if not 0 <= self.broken <= self.orders // 20:
            raise ValueError(f"broken is {self.broken}; take from 0 to {self.orders // 20}, a twentieth of the orders.")

    @property
    def months(self) -> tuple[int, ...]:
        """The months of the shop, counted from 1970-01 as 0."""
        first, last = (int(np.datetime64(month, "M").astype(np.int64)) for month in (self.first_month, self.last_month))
        return tuple(range(first, last + 1))
