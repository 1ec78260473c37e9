"""Between which values a setting must lie, stated on its field: `Annotated[int, "what it means", DAYS]`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import get_type_hints

DECIMALS = 4
"""Of an amount or a share; more would be rounded away where SQL reads them."""


@dataclass(frozen=True)
class Bounds:
    """Both ends are allowed."""

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
"""Of scores from 1 to 5: with 0 or 6, everybody or nobody has one."""


def bounds_of(kind: type) -> dict[str, Bounds]:
    """The bounds of each setting that has some."""
    hints = get_type_hints(kind, include_extras=True)
    stated = ((name, extra) for name, hint in hints.items() for extra in getattr(hint, "__metadata__", ()))
    return {name: extra for name, extra in stated if isinstance(extra, Bounds)}
