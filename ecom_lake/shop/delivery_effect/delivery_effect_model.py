"""Do people whose first order came late, or who gave it a low score, come back less often than people like them?

Everything about the question is fixed before the data are looked at: docs/decisions/0014-effects-and-experiments.md. What
the score is after a late delivery is part of what lateness does, so it is not adjusted for; lateness is, where the question is
about scores. Nothing is published of people who cannot be compared. Not here: who they are (first_deliveries.py), how they
are compared (adjusting.py), what is said of it (effect_words.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import duckdb
import polars as pl

from ecom_lake.engine.contracts.fitted import Card, Curve, Fitted, Past, Point, Rival
from ecom_lake.engine.contracts.gate import Verdict, best_of, decide
from ecom_lake.shop.delivery_effect import first_deliveries
from ecom_lake.shop.delivery_effect.delivery_effect import DeliveryEffect
from ecom_lake.shop.delivery_effect.first_deliveries import EXPOSURES, LATE, Exposure, Watched
from ecom_lake.shop.delivery_effect.gates import METHOD, comparability, counts
from ecom_lake.shop.delivery_effect.wording import not_alike, too_few, wording
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.intervals import Estimate, wilson_interval
from ecom_lake.statistics.power import detectable_difference
from ecom_lake.statistics.weighted_effect import Effect, Matched, crude, e_value, effect, matched, regression

READS = first_deliveries.READS
VERSION = 1

_DIGITS = 6
_AS_IT_IS = "as it is"
_SHOWN = 15
_SUREST = 0.999


@dataclass(frozen=True)
class Compared:
    """One question and its answer, or why it has none."""

    exposure: Exposure
    days: int
    found: Watched
    verdict: Verdict
    why: str | None
    """Which gate failed, in words; None where all passed."""
    alike: Matched | None = None
    methods: Mapping[str, Estimate] = field(default_factory=dict)
    """What each method says of coming back; the last is what is published."""
    back: Effect | None = None
    placebo: Effect | None = None

    @property
    def name(self) -> str:
        return _name(self.exposure, self.days)


def _name(exposure: Exposure, days: int) -> str:
    return f"{exposure.name}, {days} days"


def fit(con: duckdb.DuckDBPyConnection, settings: MiningSettings, past: Past) -> Fitted:
    """Nothing of it is kept: an estimate is of the data that it is made from."""
    first_deliveries.prepare(con)
    horizons = sorted({settings.effect_days, settings.churn_days}, reverse=True)
    every = [_compared(con, exposure, days, settings) for exposure in EXPOSURES for days in horizons]
    published = [one for one in every if one.verdict.is_published]
    rows = [row for one in published for row in _rows(one, settings)]
    schema = DeliveryEffect.table.schema
    delays = list(_delays(con, settings))
    first_deliveries.forget(con)
    return Fitted(
        tables={"delivery_effect": pl.DataFrame(rows, schema).with_columns(pl.col(pl.Float64).round(_DIGITS))},
        card=_card(first_deliveries.as_of(con), every),
        rivals=[rival for one in published for rival in _rivals(one)],
        curves=[*delays, *(curve for one in published for curve in _curves(one))],
        seen={name: value for one in published for name, value in _seen(one)},
    )


def _compared(con: duckdb.DuckDBPyConnection, exposure: Exposure, days: int, settings: MiningSettings) -> Compared:
    found = first_deliveries.watched(con, exposure, days)
    enough = counts(exposure, found, _name(exposure, days))
    if why := too_few(exposure, found, days, enough):
        return Compared(exposure, days, found, decide(*enough.all), why)
    alike = matched(found.people)
    placebo = effect(alike, found.placebo)
    back = effect(alike, found.back)
    gates = comparability(alike, back, placebo, settings.test_alpha, _name(exposure, days))
    why = not_alike(exposure, alike, placebo, gates)
    methods = {
        _AS_IT_IS: crude(found.people, found.back),
        "linear regression": regression(found.people, found.back),
        "weighting alone": Estimate(back.weighting, back.weighting, back.weighting),
        METHOD: back.adjusted,
    }
    return Compared(exposure, days, found, decide(*gates.all, *enough.all), why, alike, methods, back, placebo)


def _rows(one: Compared, settings: MiningSettings) -> Iterator[dict[str, object]]:
    assert one.alike and one.back and one.placebo
    back, n = one.back, one.found.count(True)
    smallest = _smallest_detectable(back.adjusted, settings)
    yield {
        "exposure": one.exposure.name,
        "outcome": f"purchase_within_{one.days}_days",
        "days": one.days,
        "n_exposed": n,
        "n_unexposed": one.found.count(False),
        "crude_rd": one.methods[_AS_IT_IS].value,
        "rate_exposed": back.mean_exposed,
        "rate_unexposed": back.mean_unexposed,
        "adjusted_rd": back.adjusted.value,
        "ci_low": back.adjusted.low,
        "ci_high": back.adjusted.high,
        **_ratio("risk_ratio", "rr", back.risk_ratio),
        **_ratio("odds_ratio", "or", back.odds_ratio),
        "e_value": e_value(back.risk_ratio.value) if back.risk_ratio else None,
        "e_value_ci": _e_value_of_bound(back.risk_ratio) if back.risk_ratio else None,
        "placebo_p": one.placebo.adjusted.p,
        "max_smd": one.alike.worst,
        "overlap": one.alike.overlap,
        "smallest_detectable": smallest,
        "wording": wording(one.exposure, one.days, n, back, smallest, settings.power),
    }


def _ratio(name: str, short: str, found: Estimate | None) -> dict[str, float | None]:
    values = (found.value, found.low, found.high) if found else (None, None, None)
    return dict(zip((name, f"{short}_low", f"{short}_high"), values, strict=True))


def _e_value_of_bound(ratio: Estimate) -> float:
    return 1.0 if ratio.low <= 1 <= ratio.high else e_value(ratio.low if ratio.low > 1 else ratio.high)


def _smallest_detectable(found: Estimate, settings: MiningSettings) -> float:
    return detectable_difference(found.error, min(settings.power, _SUREST), settings.test_alpha)


def _card(as_of: date | None, every: list[Compared]) -> Card:
    first = every[0]
    return Card(
        predicts="how far a late first delivery, or a low score for it, goes with not buying again",
        population="people with a delivered order, each counted with the first",
        as_of=as_of,
        trained_on=f"first deliveries at least {min(one.days for one in every)} days before the as-of date",
        n=first.found.count(True) + first.found.count(False),
        verdict=best_of(one.verdict for one in every),
        details=_details(every),
        fitted_as_of=as_of,
    )


def _details(every: list[Compared]) -> str:
    """What held of those that are published, and what did not of the others, each said once."""
    sentences = []
    for one in every:
        if one.verdict.is_published:
            assert one.alike and one.placebo
            sentences.append(
                f"{one.name}: people are alike (at most {one.alike.worst:.3f} standard deviations apart,"
                f" {one.alike.overlap:.1%} compared) and differ little or not where they must not"
                f" (p = {one.placebo.adjusted.p:.2f})."
            )
        else:
            sentences.append(f"{one.name}, not published: {one.why}")
    return " ".join(sentences)


def _rivals(one: Compared) -> Iterator[Rival]:
    for name, found in one.methods.items():
        bounds = (found.low, found.high) if found.error else (None, None)
        yield Rival(name, f"difference of shares ({one.name})", _rounded(found.value), *map(_rounded, bounds))


def _curves(one: Compared) -> Iterator[Curve]:
    assert one.alike
    yield Curve(
        "effect",
        one.name,
        [Point(i, _rounded(e.value), _rounded(e.low), _rounded(e.high), name) for i, (name, e) in enumerate(one.methods.items())],
    )
    if one.exposure is LATE:
        before, after = one.alike.before, one.alike.after
        worst = sorted(before, key=lambda name: (-round(before[name], _DIGITS), name))[:_SHOWN]
        for series, of in (("before", before), ("after", after)):
            points = [Point(i, _rounded(of[name]), label=name) for i, name in enumerate(worst)]
            yield Curve(f"balance, {one.days} days", series, points)


def _delays(con: duckdb.DuckDBPyConnection, settings: MiningSettings) -> Iterator[Curve]:
    """As it is, unadjusted: a picture of what the difference is made of."""
    points = []
    for place, (delay, people, back) in enumerate(first_deliveries.by_delay(con, settings.effect_days)):
        share = back / people
        low, high = wilson_interval(share, people)
        points.append(Point(place, _rounded(share), _rounded(low), _rounded(high), delay[2:]))
    if points:
        yield Curve("came back by delay of the first delivery", f"within {settings.effect_days} days", points)


def _seen(one: Compared) -> Iterator[tuple[str, float]]:
    assert one.back
    n, others = one.found.count(True), one.found.count(False)
    yield f"share exposed ({one.name})", round(n / (n + others), _DIGITS)
    yield f"share back ({one.name})", round((one.found.came_back(True) + one.found.came_back(False)) / (n + others), _DIGITS)
    yield f"adjusted difference ({one.name})", round(one.back.adjusted.value, _DIGITS)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
