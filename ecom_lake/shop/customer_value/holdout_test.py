"""The holdout test of a purchase forecast: totals, customers, and the naive forecasts that it must beat.

The models are fitted on the time up to a day and tested on the days after it, against forecasts that anybody can make: every
customer buys as the average customer did in as many days before (or in half of the days before, scaled, where less is known), or
as customers with as many purchases did then, or continues at the own past rate. Errors are Poisson deviances, as is usual for
small counts: squared errors depend on the one customer with most purchases. Intervals come from resampled customers.
Not here: the models (bg_nbd.py), and what follows from the verdict (customer_value_model.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from ecom_lake.engine.contracts.fitted import Curve, Point, Rival
from ecom_lake.engine.contracts.gate import Gate, Verdict, against_threshold, decide
from ecom_lake.shop.customer_value import bg_nbd, purchase_histories
from ecom_lake.shop.customer_value.gamma_gamma import Spending
from ecom_lake.shop.customer_value.purchase_histories import BUCKETS, Holdout, ObservationPeriod
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.arrays import Floats, Integers
from ecom_lake.statistics.bootstrap import resampled_clusters
from ecom_lake.statistics.intervals import percentile_interval
from ecom_lake.statistics.lift import membership
from ecom_lake.statistics.maximum_likelihood import FittedParameters
from ecom_lake.statistics.ranking_metrics import gain_curve

PAST_RATE, ALIKE, SHOP_MEAN = NAIVE = ("own past rate", "people who had bought as often", "mean of the shop")
TOTAL_ERROR, SALES_ERROR, ABSOLUTE_ERROR, TOP_DECILE, ERROR_REDUCTION, AIC, DAYS = (
    "predicted against actual purchases",
    "predicted against actual net sales",
    "mean absolute error",
    "share of purchases by the top decile",
    "error reduction against the mean of the shop",
    "AIC on the days before",
    "days held out",
)
ABSOLUTE_TOTAL_ERROR = "absolute error of the predicted total"
YEAR_DAYS = 365
_RESAMPLES = 1000
_BANDS = 4
_CURVE_POINTS = 150


@dataclass(frozen=True)
class HoldoutResult:
    """How each forecast did on the days held out."""

    champion: str
    days: int
    actual: int
    rivals: tuple[Rival, ...]
    best_naive: str
    lead: tuple[float, float]
    """95% interval of the champion's error reduction minus that of the best naive forecast."""
    curves: tuple[Curve, ...]

    def of(self, name: str, metric: str) -> Rival:
        found = (rival for rival in self.rivals if (rival.name, rival.metric) == (name, metric))
        return next(found, Rival(name, metric, None))

    @property
    def beats_the_best_naive(self) -> Gate:
        """Whether the model predicts which customers return."""
        champion, naive = self.of(self.champion, ERROR_REDUCTION), self.of(self.best_naive, ERROR_REDUCTION)
        return Gate(
            candidate=self.champion,
            metric=ERROR_REDUCTION,
            direction="higher",
            requirement="certainly better",
            value=champion.value,
            low=champion.low,
            high=champion.high,
            rival=self.best_naive,
            rival_value=0.0 if self.best_naive == SHOP_MEAN else naive.value,
            difference_low=self.lead[0],
            difference_high=self.lead[1],
        )

    def misses_at_most(self, most: float) -> Gate:
        """Whether the total is close enough, in either direction."""
        error = self.of(self.champion, TOTAL_ERROR)
        bounds = sorted(abs(bound) for bound in (error.low, error.high) if bound is not None)
        if len(bounds) == 2 and (error.low or 0.0) <= 0 <= (error.high or 0.0):
            bounds[0] = 0.0
        low, high = bounds if len(bounds) == 2 else (None, None)
        size = None if error.value is None else abs(error.value)
        return against_threshold(self.champion, ABSOLUTE_TOTAL_ERROR, most, size, (low, high), direction="lower")

    def verdict(self, settings: MiningSettings, fallback: str | None) -> Verdict:
        return decide(self.beats_the_best_naive, self.misses_at_most(settings.value_max_miss), fallback=fallback)


def horizons(period: ObservationPeriod, settings: MiningSettings) -> list[int]:
    """Numbers of days that may be held out, the longest first: twelve months where enough is known before them, and the days of
    the setting, which are fewer and at most a quarter of those that are known."""
    shorter = min(settings.value_holdout_days, period.days // 4, YEAR_DAYS - 1)
    has_a_year = period.days - YEAR_DAYS >= settings.value_min_days
    return [YEAR_DAYS, shorter] if has_a_year else [shorter]


def run(
    con: duckdb.DuckDBPyConnection,
    period: ObservationPeriod,
    settings: MiningSettings,
    days: int,
    champion: str,
    fits: Mapping[str, FittedParameters],
    spending: Spending,
) -> HoldoutResult | None:
    """`fits` were made on the days before; None where nobody returned on the days held out."""
    cut = period.as_of - timedelta(days=days)
    holdout = purchase_histories.holdout(con, cut, period.as_of)
    actual = int(np.sum(holdout.people * holdout.later_purchases))
    if not actual:
        return None
    days_before = min(days, (cut - period.first).days // 2)
    before = purchase_histories.holdout(con, cut - timedelta(days=days_before), cut)
    predicted = {
        **{name: _by_model(name, fit, holdout, days) for name, fit in fits.items()},
        **naive_forecasts(holdout, before, days_before, days),
    }
    draws = resampled_clusters(BUCKETS, _RESAMPLES, settings.seed)
    resampled = Resampled(holdout.bucket, np.concatenate([np.ones((1, BUCKETS), dtype=np.int64), draws]))
    errors = {name: resampled.sums(holdout.people * _deviance(holdout, forecast)) for name, forecast in predicted.items()}
    rivals = (
        *(rival for name, forecast in predicted.items() for rival in _rivals(name, forecast, holdout, errors, resampled)),
        *(Rival(name, AIC, round(fit.aic, 3)) for name, fit in fits.items()),
        _sales_error(champion, predicted[champion], holdout, spending, resampled),
        Rival(champion, DAYS, float(days)),
    )
    best_naive = min(NAIVE, key=lambda name: float(errors[name][0]))
    low, high = _interval(errors[best_naive] - errors[champion])
    error_of_mean = float(errors[SHOP_MEAN][0])
    curves = (
        *_by_past(holdout, predicted[champion], resampled),
        *(_gain(name, predicted[name], holdout) for name in (champion, ALIKE, PAST_RATE)),
        *_over_time(con, period, champion, fits[champion]),
    )
    return HoldoutResult(champion, days, actual, rivals, best_naive, (low / error_of_mean, high / error_of_mean), curves)


def _by_model(model: str, fit: FittedParameters, holdout: Holdout, days: int) -> Floats:
    weeks = [days / bg_nbd.DAYS_A_WEEK]
    purchases: Floats = bg_nbd.expected(model, fit.parameters, holdout.x, holdout.t_x, holdout.age, weeks)[0]
    return purchases.round(9)


def naive_forecasts(holdout: Holdout, before: Holdout, days_before: int, days: int) -> dict[str, Floats]:
    """What anybody could have predicted for so many days from the days before them.

    No forecast is exactly zero: half a purchase is added, and to each group of customers with as many purchases one average
    customer.
    """
    ratio = days / days_before
    mean = (float(np.sum(before.people * before.later_purchases)) + 0.5) / (int(np.sum(before.people)) + 1)
    bands, now = np.minimum(before.x, _BANDS), np.minimum(holdout.x, _BANDS)
    people, purchases = (np.bincount(bands, w, _BANDS + 1) for w in (before.people, before.people * before.later_purchases))
    return {
        PAST_RATE: holdout.x / np.maximum(holdout.age, days_before) * days,
        ALIKE: ((purchases + mean) / (people + 1))[now] * ratio,
        SHOP_MEAN: np.full(len(holdout.x), mean * ratio),
    }


def _deviance(holdout: Holdout, predicted: Floats) -> Floats:
    """The Poisson deviance; infinite where zero was predicted and somebody bought."""
    from scipy.special import kl_div

    return np.asarray(2 * kl_div(holdout.later_purchases.astype(np.float64), predicted), dtype=np.float64)


@dataclass(frozen=True)
class Resampled:
    """Sums over all customers, and over resamples of them."""

    bucket: Integers
    draws: Integers
    """How often each bucket is drawn; in the first row each once."""

    def sums(self, values: NDArray[Any]) -> Floats:
        per_bucket = np.bincount(self.bucket, weights=values, minlength=BUCKETS)
        if not np.isfinite(per_bucket).all():
            return np.full(len(self.draws), np.inf)
        # Not `@`: the sums of a linear algebra library depend on its number of threads.
        return np.asarray(np.sum(self.draws * per_bucket, axis=1), dtype=np.float64)


def _rivals(
    name: str, predicted: Floats, holdout: Holdout, errors: Mapping[str, Floats], resampled: Resampled
) -> Iterator[Rival]:
    people = resampled.sums(holdout.people.astype(np.float64))
    actual = resampled.sums((holdout.people * holdout.later_purchases).astype(np.float64))
    absolute_errors = resampled.sums(holdout.people * np.abs(holdout.later_purchases - predicted))
    yield _rival(name, TOTAL_ERROR, _ratio(resampled.sums(holdout.people * predicted), actual) - 1)
    yield _rival(name, ABSOLUTE_ERROR, _ratio(absolute_errors, people))
    members = membership(predicted, weights=holdout.people)
    yield _rival(name, TOP_DECILE, _ratio(resampled.sums(members * holdout.people * holdout.later_purchases), actual))
    if name != SHOP_MEAN and np.isfinite(errors[name]).all():
        yield _rival(name, ERROR_REDUCTION, 1 - _ratio(errors[name], errors[SHOP_MEAN]))


def _sales_error(name: str, predicted: Floats, holdout: Holdout, spending: Spending, resampled: Resampled) -> Rival:
    base, share = (spending.by_n[column].to_numpy()[holdout.n] for column in ("base", "share"))
    expected = resampled.sums(predicted * (holdout.people * base + share * holdout.spent))
    return _rival(name, SALES_ERROR, _ratio(expected, resampled.sums(holdout.later_spent)) - 1)


def _rival(name: str, metric: str, resampled: Floats) -> Rival:
    if not np.isfinite(resampled[0]):
        return Rival(name, metric, None)
    return Rival(name, metric, float(resampled[0]), *_interval(resampled))


def _ratio(part: Floats, whole: Floats) -> Floats:
    return part / np.where(whole > 0, whole, np.nan)


def _interval(resampled: Floats) -> tuple[float, float]:
    """The first value is that of the data."""
    return percentile_interval(resampled[1:])


def _by_past(holdout: Holdout, predicted: Floats, resampled: Resampled) -> Iterator[Curve]:
    """Purchases per customer in the days held out, by the number of repeat purchases before them."""
    actual, expected = [], []
    for x in range(_BANDS + 1):
        label, which = (f"{x}", holdout.x == x) if x < _BANDS else (f"{x}+", holdout.x >= x)
        if which.any():
            people = resampled.sums(which * holdout.people)
            purchases = _ratio(resampled.sums(which * holdout.people * holdout.later_purchases), people)
            actual.append(Point(x, float(purchases[0]), *_interval(purchases), label))
            expected.append(Point(x, float(np.sum(which * holdout.people * predicted) / people[0]), label=label))
    yield Curve("holdout", "actual", actual)
    yield Curve("holdout", "expected", expected)


def _gain(name: str, predicted: Floats, holdout: Holdout) -> Curve:
    gain = gain_curve(holdout.people * holdout.later_purchases, predicted, holdout.people)
    return Curve("gain", name, [Point(share, captured) for share, captured in gain])


def _over_time(con: duckdb.DuckDBPyConnection, period: ObservationPeriod, model: str, fit: FittedParameters) -> Iterator[Curve]:
    """Cumulative repeat purchases, actual and as fitted on the days before the holdout; by week, or coarser."""
    step = bg_nbd.DAYS_A_WEEK * max(1, -(-period.days // (bg_nbd.DAYS_A_WEEK * _CURVE_POINTS)))
    number, first_purchases, repeat_purchases = purchase_histories.purchases_over_time(con, period, step)
    steps = period.days // step
    started, repeated = (
        np.bincount(number, weights=purchases, minlength=steps + 1)[:steps] for purchases in (first_purchases, repeat_purchases)
    )
    zero = np.zeros(1, dtype=np.int64)
    since = [(i + 0.5) * step / bg_nbd.DAYS_A_WEEK for i in range(steps)]
    per_customer = bg_nbd.expected(model, fit.parameters, zero, zero, zero, since)[:, 0]
    expected = [float(np.sum(started[: i + 1] * per_customer[i::-1])) for i in range(steps)]
    ends = [(period.first + timedelta(days=(i + 1) * step - 1)).isoformat() for i in range(steps)]
    for series, values in (("actual", np.cumsum(repeated).tolist()), ("expected", expected)):
        points = [Point(i, value, label=end) for i, (value, end) in enumerate(zip(values, ends, strict=True))]
        yield Curve("repeat purchases to date", series, points)
