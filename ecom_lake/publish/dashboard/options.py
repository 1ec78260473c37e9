"""A page's own query parameters, such as the measure that a chart shows: one of a few values, a number, or any text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from ecom_lake.errors import UsageError


@dataclass(frozen=True)
class NumberBetween:
    """A parameter that takes a number between two bounds, both exclusive; empty by default."""

    above: float
    below: float


Allowed = Mapping[str, Sequence[str] | NumberBetween]
"""What each parameter takes: values, the first of which is the default; no values for any text; or a number."""


@dataclass(frozen=True)
class Options:
    allowed: Allowed
    """What each parameter takes, as the page declares it."""
    given: Mapping[str, str] | None = None

    def __getitem__(self, name: str) -> str:
        return (self.given or {}).get(name) or self._default(name)

    def number(self, name: str) -> float | None:
        """The number that was given; None without any."""
        return float(self[name]) if self[name] else None

    @property
    def changed(self) -> Mapping[str, str]:
        """The parameters that differ from their defaults."""
        return {name: self[name] for name in self.allowed if self[name] != self._default(name)}

    def having(self, values: Mapping[str, str]) -> Options:
        return replace(self, given={**(self.given or {}), **values})

    def query(self) -> str:
        """What differs from the defaults, as a part of a URL's query."""
        return urlencode(self.changed)

    def _default(self, name: str) -> str:
        takes = self.allowed[name]
        return "" if isinstance(takes, NumberBetween) else next(iter(takes), "")


NO_OPTIONS = Options({})


def read_options(allowed: Allowed, query: Mapping[str, str]) -> Options:
    """Raises `UsageError`, one sentence, for a value that a parameter does not take."""
    given = {name: value for name in allowed if (value := query.get(name))}
    for name, value in given.items():
        takes = allowed[name]
        if isinstance(takes, NumberBetween):
            if not takes.above < _number(value) < takes.below:
                raise UsageError(f"{name} must be a number above {takes.above:g} and below {takes.below:g}, not '{value}'.")
        elif takes and value not in takes:
            raise UsageError(f"{name} must be {', '.join(takes[:-1])} or {takes[-1]}, not '{value}'.")
    return Options(allowed, given)


def _number(text: str) -> float:
    """NaN, which lies between no bounds, for a text that is no number."""
    try:
        return float(text)
    except ValueError:
        return math.nan
