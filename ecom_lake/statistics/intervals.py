"""Confidence intervals: normal, Wilson, and percentiles of a bootstrap.

Not here: how resamples are drawn (bootstrap.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecom_lake.statistics.arrays import Floats

Z95 = 1.959963984540054
"""Quantile of the standard normal distribution at 97.5%."""
_BOUNDS_95 = (0.025, 0.975)


@dataclass(frozen=True)
class Estimate:
    """A value with the bounds of its confidence interval."""

    value: float
    low: float
    high: float

    @property
    def error(self) -> float:
        """The standard error, where the interval is a normal one of 95%."""
        return (self.high - self.low) / (2 * Z95)

    @property
    def p(self) -> float:
        """The two-sided p-value of the hypothesis that the value is 0, where the interval is a normal one of 95%."""
        return erfc(abs(self.value) / self.error / sqrt(2)) if self.error else float(self.value == 0)


def normal_interval(value: float, standard_error: float, z: float = Z95) -> tuple[float, float]:
    return value - z * standard_error, value + z * standard_error


def wilson_interval(share: float, trials: float, z: float = Z95) -> tuple[float, float]:
    """Wilson's interval of a share of independent trials; it contains the share and lies between 0 and 1."""
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half_width = z / (1 + z * z / trials) * (share * (1 - share) / trials + z * z / (4 * trials * trials)) ** 0.5
    return max(0.0, min(centre - half_width, share)), min(1.0, max(centre + half_width, share))


def percentile_interval(resampled: Floats) -> tuple[float, float]:
    """The 95% interval of a bootstrap; resamples in which the statistic is undefined (NaN) do not count."""
    import numpy as np  # not for those who need a formula only: it takes as long to import as a page to render

    low, high = np.nanquantile(resampled, _BOUNDS_95)
    return float(low), float(high)


def bootstrap_estimate(value: float, resampled: Floats) -> Estimate:
    """A value with its percentile interval, widened where the interval does not contain the value."""
    low, high = percentile_interval(resampled)
    return Estimate(float(value), float(min(low, value)), float(max(high, value)))
