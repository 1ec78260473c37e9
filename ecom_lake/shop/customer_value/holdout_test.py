"""Does a forecast of purchases hold on days that it has not seen? Totals, people, and the naive guesses that it must beat.

The models are fitted on the time up to a day and tried on the days after it, against guesses that anybody can make: everybody
buys as the mean person did in as many days before (or in half of the days before, scaled, where less is known), or as people who
had bought as often did then, or goes on at his own past rate. Errors are Poisson deviances, as befits small counts: squared ones
hang on the one person who bought most. Intervals come from resampled people.
Not here: the models (buying.py), and what is made of the verdict (customer_value.py).
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
from ecom_lake.shop.customer_value import bg_nbd as buying
from ecom_lake.shop.customer_value import purchase_histories
from ecom_lake.shop.customer_value.gamma_gamma import Spending
from ecom_lake.shop.customer_value.purchase_histories import BUCKETS, Seen, Shop
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.arrays import Floats
from ecom_lake.statistics.bootstrap import resampled_clusters
from ecom_lake.statistics.intervals import percentile_interval
from ecom_lake.statistics.maximum_likelihood import FittedParameters

PAST_RATE, ALIKE, SHOP_MEAN = GUESSES = ("own past rate", "people who had bought as often", "mean of the shop")
MISS, SALES, ABSOLUTE, TOP, SAVED, AIC, DAYS = (
    "total foretold against actual",
    "net sales foretold against actual",
    "mean absolute error",
    "share of purchases by the top tenth",
    "error saved against the mean of the shop",
    "AIC on the days before",
    "days held out",
)
OFF = "absolute error of the predicted total"
YEAR_DAYS = 365
_RESAMPLES = 1000
_BANDS = 4
_CURVE_POINTS = 150


@dataclass(frozen=True)
class Trial:
    """How each forecast did on the days held out."""

    champion: str
    days: int
    actual: int
    rivals: tuple[Rival, ...]
    best_guess: str
    lead: tuple[float, float]
    """95% interval of what the champion saves more than the best guess does, as shares of the error of the shop's mean."""
    curves: tuple[Curve, ...]

    def of(self, name: str, metric: str) -> Rival:
        found = (rival for rival in self.rivals if (rival.name, rival.metric) == (name, metric))
        return next(found, Rival(name, metric, None))

    @property
    def beats_the_best_guess(self) -> Gate:
        """Of the people: does it predict who comes back?"""
        champion, guess = self.of(self.champion, SAVED), self.of(self.best_guess, SAVED)
        return Gate(
            candidate=self.champion,
            metric=SAVED,
            direction="higher",
            requirement="certainly better",
            value=champion.value,
            low=champion.low,
            high=champion.high,
            rival=self.best_guess,
            rival_value=0.0 if self.best_guess == SHOP_MEAN else guess.value,
            difference_low=self.lead[0],
            difference_high=self.lead[1],
        )

    def misses_at_most(self, most: float) -> Gate:
        """Of the total, in either direction."""
        miss = self.of(self.champion, MISS)
        bounds = sorted(abs(bound) for bound in (miss.low, miss.high) if bound is not None)
        if len(bounds) == 2 and (miss.low or 0.0) <= 0 <= (miss.high or 0.0):
            bounds[0] = 0.0
        low, high = bounds if len(bounds) == 2 else (None, None)
        size = None if miss.value is None else abs(miss.value)
        return against_threshold(self.champion, OFF, most, size, (low, high), direction="lower")

    def verdict(self, settings: MiningSettings, fallback: str | None) -> Verdict:
        return decide(self.beats_the_best_guess, self.misses_at_most(settings.value_max_miss), fallback=fallback)


def horizons(shop: Shop, settings: MiningSettings) -> list[int]:
    """Days that may be held out, the longest first: twelve months where enough is known before them, and the setting's days, at
    most a quarter of those that are known."""
    shorter = min(settings.value_holdout_days, shop.days // 4)
    has_a_year = shop.days - YEAR_DAYS >= settings.value_min_days and shorter < YEAR_DAYS
    return [YEAR_DAYS, shorter] if has_a_year else [shorter]


def run(
    con: duckdb.DuckDBPyConnection,
    shop: Shop,
    settings: MiningSettings,
    days: int,
    champion: str,
    fits: Mapping[str, FittedParameters],
    spending: Spending,
) -> Trial | None:
    """`fits` were made on the days before; None where nobody came back on those held out."""
    cut = shop.as_of - timedelta(days=days)
    seen = purchase_histories.seen(con, cut, shop.as_of)
    actual = int(np.sum(seen.people * seen.more))
    if not actual:
        return None
    watched = min(days, (cut - shop.first).days // 2)
    before = purchase_histories.seen(con, cut - timedelta(days=watched), cut)
    foretold = {
        **{
            name: np.round(buying.expected(name, fit.parameters, seen.x, seen.t_x, seen.age, [days / buying.DAYS_A_WEEK])[0], 9)
            for name, fit in fits.items()
        },
        **guesses(seen, before, watched, days),
    }
    draws = resampled_clusters(BUCKETS, _RESAMPLES, settings.seed)
    resampled = Resampled(seen.bucket, np.concatenate([np.ones((1, BUCKETS), dtype=np.int64), draws]))
    errors = {name: resampled.sums(seen.people * _deviance(seen, of)) for name, of in foretold.items()}
    rivals = (
        *(rival for name, of in foretold.items() for rival in _rivals(name, of, seen, errors, resampled)),
        *(Rival(name, AIC, round(fit.aic, 3)) for name, fit in fits.items()),
        _sales(champion, foretold[champion], seen, spending, resampled),
        Rival(champion, DAYS, float(days)),
    )
    best_guess = min(GUESSES, key=lambda name: float(errors[name][0]))
    low, high = _interval(errors[best_guess] - errors[champion])
    of_mean = float(errors[SHOP_MEAN][0])
    curves = (
        *_by_past(seen, foretold[champion], resampled),
        *(curve for name in (champion, ALIKE, PAST_RATE) for curve in _gain(name, foretold[name], seen)),
        *_over_time(con, shop, champion, fits[champion]),
    )
    return Trial(champion, days, actual, rivals, best_guess, (low / of_mean, high / of_mean), curves)


def guesses(seen: Seen, before: Seen, watched: int, days: int) -> dict[str, Floats]:
    """What anybody could have predicted for so many days from the days watched before them.

    Nobody can be sure of never: half a purchase more counts, and among people who had bought as often one person more, who is as
    the mean.
    """
    longer = days / watched
    mean = (float(np.sum(before.people * before.more)) + 0.5) / (int(np.sum(before.people)) + 1)
    bands, now = np.minimum(before.x, _BANDS), np.minimum(seen.x, _BANDS)
    people, more = (np.bincount(bands, of, _BANDS + 1) for of in (before.people, before.people * before.more))
    return {
        PAST_RATE: seen.x / np.maximum(seen.age, watched) * days,
        ALIKE: ((more + mean) / (people + 1))[now] * longer,
        SHOP_MEAN: np.full(len(seen.x), mean * longer),
    }


def _deviance(seen: Seen, foretold: Floats) -> Floats:
    """How wrong a forecast of a count is, to Poisson; infinitely so, where never was said and somebody came."""
    from scipy.special import kl_div

    return np.asarray(2 * kl_div(seen.more.astype(np.float64), foretold), dtype=np.float64)


@dataclass(frozen=True)
class Resampled:
    """Sums over everybody, and over people drawn again and again."""

    bucket: NDArray[np.int64]
    draws: NDArray[np.int64]
    """How often each bucket is drawn; first of all, each once."""

    def sums(self, values: NDArray[Any]) -> Floats:
        per_bucket = np.bincount(self.bucket, weights=values, minlength=BUCKETS)
        if not np.isfinite(per_bucket).all():
            return np.full(len(self.draws), np.inf)
        # Not `@`: what a linear algebra library adds up depends on its threads.
        return np.asarray(np.sum(self.draws * per_bucket, axis=1), dtype=np.float64)


def _rivals(name: str, foretold: Floats, seen: Seen, errors: Mapping[str, Floats], resampled: Resampled) -> Iterator[Rival]:
    people = resampled.sums(seen.people.astype(np.float64))
    actual = resampled.sums((seen.people * seen.more).astype(np.float64))
    yield _rival(name, MISS, _ratio(resampled.sums(seen.people * foretold), actual) - 1)
    yield _rival(name, ABSOLUTE, _ratio(resampled.sums(seen.people * np.abs(seen.more - foretold)), people))
    among = ranking(foretold, seen.people).among_top(0.1, int(np.sum(seen.people)))
    yield _rival(name, TOP, _ratio(resampled.sums(among * seen.people * seen.more), actual))
    if name != SHOP_MEAN and np.isfinite(errors[name]).all():
        yield _rival(name, SAVED, 1 - _ratio(errors[name], errors[SHOP_MEAN]))


def _sales(name: str, foretold: Floats, seen: Seen, spending: Spending, resampled: Resampled) -> Rival:
    base, share = (spending.by_n[column].to_numpy()[seen.n] for column in ("base", "share"))
    expected = resampled.sums(foretold * (seen.people * base + share * seen.spent))
    return _rival(name, SALES, _ratio(expected, resampled.sums(seen.later)) - 1)


def _rival(name: str, metric: str, resampled: Floats) -> Rival:
    if not np.isfinite(resampled[0]):
        return Rival(name, metric, None)
    return Rival(name, metric, float(resampled[0]), *_interval(resampled))


def _ratio(part: Floats, whole: Floats) -> Floats:
    return part / np.where(whole > 0, whole, np.nan)


def _interval(resampled: Floats) -> tuple[float, float]:
    """95% of the resampled values; the first is the value itself."""
    return percentile_interval(resampled[1:])


@dataclass(frozen=True)
class Ranking:
    """People by their forecasts, the highest first; of equals each counts in part."""

    ahead: Floats
    equals: Floats
    """How many people are before those of each group, and how many have its forecast."""

    def among_top(self, share: float, of: int) -> Floats:
        part: Floats = np.clip((share * of - self.ahead) / self.equals, 0, 1)
        return part


def ranking(foretold: Floats, people: NDArray[np.int64]) -> Ranking:
    unique, which = np.unique(-foretold, return_inverse=True)
    which = which.reshape(-1)
    equals = np.bincount(which, weights=people, minlength=len(unique)).astype(np.float64)
    return Ranking((np.cumsum(equals) - equals)[which], equals[which])


def _by_past(seen: Seen, foretold: Floats, resampled: Resampled) -> Iterator[Curve]:
    """Purchases per person in the days held out, by how many repeat ones there had been."""
    bands = [(f"{x}" if x < _BANDS else f"{x}+", seen.x == x if x < _BANDS else seen.x >= x) for x in range(_BANDS + 1)]
    known = [(x, label, which, resampled.sums(which * seen.people)) for x, (label, which) in enumerate(bands) if which.any()]
    actual, expected = [], []
    for x, label, which, people in known:
        came = _ratio(resampled.sums(which * seen.people * seen.more), people)
        actual.append(Point(x, float(came[0]), *_interval(came), label))
        expected.append(Point(x, float(np.sum(which * seen.people * foretold) / people[0]), label=label))
    yield Curve("holdout", "actual", actual)
    yield Curve("holdout", "expected", expected)


def _gain(name: str, foretold: Floats, seen: Seen) -> Iterator[Curve]:
    actual = seen.people * seen.more
    ranked, people = ranking(foretold, seen.people), int(np.sum(seen.people))
    shares = [i / 10 for i in range(11)]
    caught = [float(np.sum(ranked.among_top(share, people) * actual) / np.sum(actual)) for share in shares]
    yield Curve("gain", name, [Point(share, of) for share, of in zip(shares, caught, strict=True)])


def _over_time(con: duckdb.DuckDBPyConnection, shop: Shop, model: str, fit: FittedParameters) -> Iterator[Curve]:
    """Repeat purchases to date, as they came and as the fit on the first days has them; week by week, or coarser."""
    step = buying.DAYS_A_WEEK * max(1, -(-shop.days // (buying.DAYS_A_WEEK * _CURVE_POINTS)))
    number, firsts, repeats = purchase_histories.starts(con, shop, step)
    stretches = shop.days // step
    started, came = (np.bincount(number, weights=of, minlength=stretches + 1)[:stretches] for of in (firsts, repeats))
    nothing = np.zeros(1, dtype=np.int64)
    since = [(i + 0.5) * step / buying.DAYS_A_WEEK for i in range(stretches)]
    of_one = buying.expected(model, fit.parameters, nothing, nothing, nothing, since)[:, 0]
    expected = [float(np.sum(started[: i + 1] * of_one[i::-1])) for i in range(stretches)]
    ends = [(shop.first + timedelta(days=(i + 1) * step - 1)).isoformat() for i in range(stretches)]
    for series, values in (("actual", np.cumsum(came).tolist()), ("expected", expected)):
        points = [Point(i, value, label=end) for i, (value, end) in enumerate(zip(values, ends, strict=True))]
        yield Curve("repeat purchases to date", series, points)
