"""The allowed range of a setting, declared on its field: `Annotated[int, "what it means", DAYS]`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import get_type_hints

DECIMALS = 4
"""Decimal places of an amount or a share; SQL would round further ones."""


@dataclass(frozen=True)
class Bounds:
    """A range with both ends included."""

    low: int
    high: int

    def check(self, name: str, value: int | Decimal) -> None:
        if not (Decimal(value).is_finite() and value >= self.low):
            raise ValueError(f"{name} must be at least {self.low:,}, not {value}.")
        if value > self.high:
            raise ValueError(f"{name} must be at most {self.high:,}, not {value}.")
        if Decimal(value) != round(Decimal(value), DECIMALS):
            raise ValueError(f"{name} must have at most {DECIMALS} decimal places, not {value}.")


SHARE = Bounds(0, 1)
DAYS = Bounds(0, 36_500)
ORDERS = Bounds(0, 1_000_000)
SCORE = Bounds(0, 6)
"""A limit on scores from 1 to 5: 0 and 6 are the limits that all scores or none reach."""


def bounds_of(kind: type) -> dict[str, Bounds]:
    """The bounds of each setting that declares them."""
    hints = get_type_hints(kind, include_extras=True)
    stated = ((name, extra) for name, hint in hints.items() for extra in getattr(hint, "__metadata__", ()))
    return {name: extra for name, extra in stated if isinstance(extra, Bounds)}
