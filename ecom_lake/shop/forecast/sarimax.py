"""SARIMAX by statsmodels: which order explains the past best for the numbers that it costs, and what it lets expect.

The series is differenced here and its forecast summed up again, so that the likelihoods of one grid compare; the ones of sales
and of their logarithms do after the change of scale is counted in. Not here: the other methods (forecasters.py).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log

import numpy as np

from ecom_lake.shop.forecast.sales_series import Floats

_ROUNDS = 50


@dataclass(frozen=True)
class Order:
    p: int
    d: int
    q: int
    seasonal_p: int = 0
    seasonal_d: int = 0
    seasonal_q: int = 0
    season: int = 0
    drift: bool = False
    logs: bool = True

    def __str__(self) -> str:
        seasonal = f"({self.seasonal_p},{self.seasonal_d},{self.seasonal_q})[{self.season}]" if self.season else ""
        return f"({self.p},{self.d},{self.q}){seasonal}{' with drift' * self.drift} of {'logs' if self.logs else 'sales'}"

    @property
    def needs(self) -> int:
        """Periods that are used up by differencing, and two for each number that is estimated."""
        estimated = self.p + self.q + self.seasonal_p + self.seasonal_q + self.drift + 1
        return self.d + self.seasonal_d * self.season + 2 * estimated + 1

    @classmethod
    def read(cls, text: str) -> Order | None:
        """What str() wrote; None of anything else."""
        found = re.fullmatch(r"\((\d),(\d),(\d)\)(?:\((\d),(\d),(\d)\)\[(\d+)\])?( with drift)? of (logs|sales)", text)
        if found is None:
            return None
        p, d, q, seasonal_p, seasonal_d, seasonal_q, season = (int(number or 0) for number in found.groups()[:7])
        return cls(p, d, q, seasonal_p, seasonal_d, seasonal_q, season, found[8] is not None, found[9] == "logs")


def _grid(*orders: tuple[int, int, int, bool]) -> tuple[Order, ...]:
    return tuple(Order(p, d, q, drift=drift, logs=logs) for logs in (True, False) for p, d, q, drift in orders)


BY_MONTH = _grid((0, 1, 0, True), (0, 1, 1, False), (1, 1, 0, False), (0, 1, 1, True))
BY_DAY = _grid((0, 1, 1, False), (1, 1, 1, False))
BY_MONTH_OF_YEAR = tuple(
    Order(p, 1, q, 0, 1, seasonal_q, 12, logs=logs)
    for logs in (True, False)
    for p, q, seasonal_q in ((0, 1, 0), (0, 1, 1), (1, 1, 0), (2, 1, 0))
)
"""Orders of one grid difference alike: only then their likelihoods are of the same data."""


@dataclass(frozen=True)
class Estimated:
    coefficients: dict[str, float]
    log_likelihood: float
    """Of the differenced sales, whatever scale they were fitted on."""
    observed: int
    forecast: Floats

    @property
    def estimated(self) -> int:
        """Numbers in all, the variance among them."""
        return len(self.coefficients) + 1

    @property
    def aic(self) -> float:
        return 2 * self.estimated - 2 * self.log_likelihood

    @property
    def aicc(self) -> float:
        k, left = self.estimated, self.observed - self.estimated - 1
        return self.aic + 2 * k * (k + 1) / left if left > 0 else inf


def choose(sold: Floats, orders: Sequence[Order]) -> Order | None:
    """The order with the least AICc, of equals the first; None where there is too little to tell, or nothing ever changed."""
    possible = [order for order in orders if len(sold) >= order.needs]
    judged = [(round(estimate(sold, 0, order).aicc, 6), order) for order in possible if not _is_still(sold, order)]
    return min(judged, key=lambda pair: pair[0])[1] if judged else None


def sarimax(sold: Floats, steps: int, order: Order) -> Floats:
    """What comes, on the scale of sales: of logarithms the median."""
    if _is_still(sold, order):
        change = np.repeat(_differenced(_scaled(sold, order), order)[-1:], steps)
        return _unscaled(_summed(change, _scaled(sold, order), order), order)
    return estimate(sold, steps, order).forecast


def estimate(sold: Floats, steps: int, order: Order) -> Estimated:
    from statsmodels.tools.sm_exceptions import ConvergenceWarning
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    scaled = _scaled(sold, order)
    changes = _differenced(scaled, order)
    unit = float(changes.std())
    season = (order.seasonal_p, 0, order.seasonal_q, order.season) if order.season else (0, 0, 0, 0)
    trend = "c" if order.drift else "n"
    model = SARIMAX(changes / unit, order=(order.p, 0, order.q), seasonal_order=season, trend=trend, concentrate_scale=True)
    with warnings.catch_warnings():
        # A flat likelihood has no sharp top: what was reached by then is as good.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = model.fit(np.zeros(len(model.param_names)), disp=False, maxiter=_ROUNDS, cov_type="none")
    of_scale = len(changes) * log(unit) + (float(scaled[-len(changes) :].sum()) if order.logs else 0.0)
    ahead = np.asarray(fitted.forecast(steps)) * unit if steps else np.zeros(0)
    return Estimated(
        dict(zip(model.param_names, map(float, fitted.params), strict=True)),
        float(fitted.llf) - of_scale,
        len(changes),
        _unscaled(_summed(ahead, scaled, order), order),
    )


def _is_still(sold: Floats, order: Order) -> bool:
    """Whether there is nothing to estimate: every change is as the one before."""
    changes = _differenced(_scaled(sold, order), order)
    return len(changes) == 0 or float(np.ptp(changes)) < 1e-9 * max(1.0, float(np.abs(changes).max()))


def _scaled(sold: Floats, order: Order) -> Floats:
    return np.log1p(np.maximum(sold, 0)) if order.logs else sold


def _unscaled(scaled: Floats, order: Order) -> Floats:
    return np.expm1(np.minimum(scaled, 50.0)) if order.logs else scaled


def _polynomial(order: Order) -> Floats:
    """Of the differences: what is multiplied with a period and those before it."""
    made = np.ones(1)
    for lag in [1] * order.d + [order.season] * order.seasonal_d:
        made = np.convolve(made, np.concatenate([[1.0], np.zeros(lag - 1), [-1.0]]))
    return made


def _differenced(scaled: Floats, order: Order) -> Floats:
    weights = _polynomial(order)
    changes: Floats = np.convolve(scaled, weights, mode="valid") if len(scaled) >= len(weights) else np.zeros(0)
    return changes


def _summed(changes: Floats, scaled: Floats, order: Order) -> Floats:
    """The changes to come, put onto what was there."""
    weights = _polynomial(order)[1:]
    known = list(scaled)
    for change in changes:
        known.append(change - sum(w * known[-lag] for lag, w in enumerate(weights, 1)))
    return np.array(known[len(scaled) :])
