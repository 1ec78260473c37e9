"""An axis: values to percent of its length, and its ticks at round numbers."""

from __future__ import annotations

import math

_TICKS = 5


class Scale:
    """Values to percent of the height, from the bottom."""

    def __init__(self, low: float, high: float, from_zero: bool) -> None:
        if from_zero:
            low, high = min(low, 0.0), max(high, 0.0)
        margin = (high - low) * 0.06 or abs(high) * 0.06 or 1.0
        self._low = low if from_zero and low == 0 else low - margin
        self._high = high + margin

    def __call__(self, value: float) -> float:
        return round(100 * (value - self._low) / (self._high - self._low), 2)

    def ticks(self) -> list[float]:
        return round_values(self._low, self._high)


def round_values(low: float, high: float) -> list[float]:
    """The multiples of 1, 2 or 5 times a power of ten that label an axis from `low` to `high`."""
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor for factor in (1, 2, 5, 10) if factor * power >= rough) * power
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(step * i, 10) for i in range(first, last + 1)]
