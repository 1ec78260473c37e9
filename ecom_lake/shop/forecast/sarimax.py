"""SARIMAX by statsmodels: the choice of the order by AICc, and the forecast.

The series is differenced here and the forecast is integrated again, so that the likelihoods of one grid are comparable; those of
sales and of log sales are comparable after the Jacobian of the transformation is included. Not here: the other methods
(methods.py).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log

import numpy as np

from ecom_lake.shop.forecast.sales_series import Floats

_MOST_ITERATIONS = 50


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
        """The fewest periods: those lost to differencing, and two for each estimated number."""
        estimated = self.p + self.q + self.seasonal_p + self.seasonal_q + self.drift + 1
        return self.d + self.seasonal_d * self.season + 2 * estimated + 1

    @classmethod
    def read(cls, text: str) -> Order | None:
        """The order that str() wrote; None for any other text."""
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
"""All orders of one grid use the same differencing: only then do their likelihoods refer to the same data."""


@dataclass(frozen=True)
class Estimated:
    coefficients: dict[str, float]
    log_likelihood: float
    """Of the differenced sales, on their original scale."""
    observed: int
    forecast: Floats

    @property
    def estimated(self) -> int:
        """The number of estimated parameters, including the variance."""
        return len(self.coefficients) + 1

    @property
    def aic(self) -> float:
        return 2 * self.estimated - 2 * self.log_likelihood

    @property
    def aicc(self) -> float:
        k, left = self.estimated, self.observed - self.estimated - 1
        return self.aic + 2 * k * (k + 1) / left if left > 0 else inf


def choose(sold: Floats, orders: Sequence[Order]) -> Order | None:
    """The order with the lowest AICc, the first of equals; None where there are too few periods or all changes are equal."""
    possible = [order for order in orders if len(sold) >= order.needs]
    scored = [(round(estimate(sold, 0, order).aicc, 6), order) for order in possible if not _is_degenerate(sold, order)]
    return min(scored, key=lambda pair: pair[0])[1] if scored else None


def sarimax(sold: Floats, steps: int, order: Order) -> Floats:
    """The forecast on the scale of sales; for a model of logarithms, the median."""
    if _is_degenerate(sold, order):
        change = np.repeat(_differenced(_scaled(sold, order), order)[-1:], steps)
        return _unscaled(_integrated(change, _scaled(sold, order), order), order)
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
        # A flat likelihood has no sharp maximum: the parameters reached by then are as good.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = model.fit(np.zeros(len(model.param_names)), disp=False, maxiter=_MOST_ITERATIONS, cov_type="none")
    of_scale = len(changes) * log(unit) + (float(scaled[-len(changes) :].sum()) if order.logs else 0.0)
    ahead = np.asarray(fitted.forecast(steps)) * unit if steps else np.zeros(0)
    return Estimated(
        dict(zip(model.param_names, map(float, fitted.params), strict=True)),
        float(fitted.llf) - of_scale,
        len(changes),
        _unscaled(_integrated(ahead, scaled, order), order),
    )


def _is_degenerate(sold: Floats, order: Order) -> bool:
    """Whether there is nothing to estimate, because all changes are equal."""
    changes = _differenced(_scaled(sold, order), order)
    return len(changes) == 0 or float(np.ptp(changes)) < 1e-9 * max(1.0, float(np.abs(changes).max()))


def _scaled(sold: Floats, order: Order) -> Floats:
    return np.log1p(np.maximum(sold, 0)) if order.logs else sold


def _unscaled(scaled: Floats, order: Order) -> Floats:
    return np.expm1(np.minimum(scaled, 50.0)) if order.logs else scaled


def _polynomial(order: Order) -> Floats:
    """The coefficients of the differencing polynomial, for a period and those before it."""
    made = np.ones(1)
    for lag in [1] * order.d + [order.season] * order.seasonal_d:
        made = np.convolve(made, np.concatenate([[1.0], np.zeros(lag - 1), [-1.0]]))
    return made


def _differenced(scaled: Floats, order: Order) -> Floats:
    weights = _polynomial(order)
    changes: Floats = np.convolve(scaled, weights, mode="valid") if len(scaled) >= len(weights) else np.zeros(0)
    return changes


def _integrated(changes: Floats, scaled: Floats, order: Order) -> Floats:
    """The forecast changes, integrated from the last known values."""
    weights = _polynomial(order)[1:]
    known = list(scaled)
    for change in changes:
        known.append(change - sum(w * known[-lag] for lag, w in enumerate(weights, 1)))
    return np.array(known[len(scaled) :])
