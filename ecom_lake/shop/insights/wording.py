"""Numbers, periods and directions as they are written in a sentence: a direction word always comes from two numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeGuard


@dataclass(frozen=True)
class Direction:
    """`{compared:rose|fell}` is the first word where the value is above its baseline, else the second."""

    value: float
    baseline: float

    def __format__(self, words: str) -> str:
        higher, lower = words.split("|")
        return higher if self.value > self.baseline else lower


@dataclass(frozen=True)
class Figure:
    """A number that is written in its own unit, or in the one that the sentence names: `{rate:share}`."""

    number: float
    unit: str
    currency: str | None = None

    def __format__(self, unit: str) -> str:
        return written(self.number, unit or self.unit, self.currency)


@dataclass(frozen=True)
class Period:
    """Calendar months: "August 2018", or "May to July 2018"."""

    first: date
    last: date

    def __format__(self, _: str) -> str:
        if self.first == self.last:
            return f"{self.last:%B %Y}"
        start = f"{self.first:%B}" if self.first.year == self.last.year else f"{self.first:%B %Y}"
        return f"{start} to {self.last:%B %Y}"


def written(number: float, unit: str, currency: str | None = None) -> str:
    """A number as people read it; money carries the shop's currency sign, where it has one."""
    if unit == "money":
        sign = f"{currency} " if currency else ""
        return f"{'-' if number < 0 else ''}{sign}{abs(number):,.0f}"
    if unit == "share":
        return f"{number:.1%}" if abs(number) >= 0.01 or not number else f"{number:.2%}"
    if unit == "percent":
        return f"{number:.0%}"
    if unit == "change":
        return f"{abs(number):.1%}"
    if unit == "signed change":
        return f"{number:+.1%}"
    if unit == "points":
        return f"{100 * number:+.2f}"
    if unit == "lift":
        return f"{number:.2f}"
    if unit == "ratio":
        return f"{number:.1f}"
    return f"{number:,.0f}"


def is_number(value: object) -> TypeGuard[int | float | Decimal]:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
