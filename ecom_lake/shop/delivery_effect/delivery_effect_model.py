"""The model of delivery_effect: do customers with a late first delivery, or a low score for it, order again less often?

The question, the adjustment and the gates were fixed before the data were looked at
(docs/decisions/0014-effects-and-experiments.md). The review score is an effect of lateness, so lateness is not adjusted for it;
the comparison by score is adjusted for lateness. Comparisons of customers who are not comparable are not published. Not here:
the customers (first_deliveries.py), the method (statistics/weighted_effect.py), the sentences (wording.py).
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
from ecom_lake.shop.delivery_effect.first_deliveries import EXPOSURES, LATE, Exposure, Observed
from ecom_lake.shop.delivery_effect.gates import METHOD, comparability, counts
from ecom_lake.shop.delivery_effect.wording import not_comparable, too_few, wording
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.intervals import Estimate, wilson_interval
from ecom_lake.statistics.power import detectable_difference
from ecom_lake.statistics.weighted_effect import Effect, Matched, crude, e_value, effect, matched, regression

READS = ("dim_seller", "fct_orders", "fct_sales", "reporting_period", "reviews")
VERSION = 1

_DIGITS = 6
_UNADJUSTED = "unadjusted"
_SHOWN = 15
_MOST_POWER = 0.999


@dataclass(frozen=True)
class Comparison:
    """One exposure and period with the result, or the reason why there is none."""

    exposure: Exposure
    days: int
    found: Observed
    verdict: Verdict
    why: str | None
    """The sentence about the gate that failed; None where all passed."""
    matched: Matched | None = None
    methods: Mapping[str, Estimate] = field(default_factory=dict)
    """The difference by each method; the last one is published."""
    reorders: Effect | None = None
    placebo: Effect | None = None

    @property
    def name(self) -> str:
        return _name(self.exposure, self.days)


def _name(exposure: Exposure, days: int) -> str:
    return f"{exposure.name.replace('_', ' ')}, {days} days"


def fit(con: duckdb.DuckDBPyConnection, settings: MiningSettings, past: Past) -> Fitted:
    """The comparisons; nothing is reused from the past fit, because an estimate belongs to its data."""
    first_deliveries.prepare(con)
    horizons = sorted({settings.effect_days, settings.churn_days}, reverse=True)
    comparisons = [_compared(con, exposure, days, settings) for exposure in EXPOSURES for days in horizons]
    published = [one for one in comparisons if one.verdict.is_published]
    rows = [row for one in published for row in _rows(one, settings)]
    schema = DeliveryEffect.table.schema
    delays = list(_delays(con, settings))
    first_deliveries.forget(con)
    return Fitted(
        tables={"delivery_effect": pl.DataFrame(rows, schema).with_columns(pl.col(pl.Float64).round(_DIGITS))},
        card=_card(first_deliveries.as_of(con), comparisons),
        rivals=[rival for one in published for rival in _rivals(one)],
        curves=[*delays, *(curve for one in published for curve in _curves(one))],
        seen={name: value for one in published for name, value in _seen(one)},
    )


def _compared(con: duckdb.DuckDBPyConnection, exposure: Exposure, days: int, settings: MiningSettings) -> Comparison:
    found = first_deliveries.observed(con, exposure, days)
    enough = counts(exposure, found, _name(exposure, days))
    if why := too_few(exposure, found, days, enough):
        return Comparison(exposure, days, found, decide(*enough.all), why)
    groups = matched(found.people)
    placebo = effect(groups, found.placebo)
    reorders = effect(groups, found.reordered)
    gates = comparability(groups, reorders, placebo, settings.test_alpha, _name(exposure, days))
    why = not_comparable(exposure, groups, placebo, gates)
    methods = {
        _UNADJUSTED: crude(found.people, found.reordered),
        "linear regression": regression(found.people, found.reordered),
        "weighting alone": Estimate(reorders.weighting, reorders.weighting, reorders.weighting),
        METHOD: reorders.adjusted,
    }
    return Comparison(exposure, days, found, decide(*gates.all, *enough.all), why, groups, methods, reorders, placebo)


def _rows(one: Comparison, settings: MiningSettings) -> Iterator[dict[str, object]]:
    assert one.matched and one.reorders and one.placebo
    reorders, n = one.reorders, one.found.count(True)
    smallest = _smallest_detectable(reorders.adjusted, settings)
    yield {
        "exposure": one.exposure.name,
        "outcome": f"purchase_within_{one.days}_days",
        "days": one.days,
        "n_exposed": n,
        "n_unexposed": one.found.count(False),
        "crude_rd": one.methods[_UNADJUSTED].value,
        "rate_exposed": reorders.mean_exposed,
        "rate_unexposed": reorders.mean_unexposed,
        "adjusted_rd": reorders.adjusted.value,
        "ci_low": reorders.adjusted.low,
        "ci_high": reorders.adjusted.high,
        **_ratio("risk_ratio", "rr", reorders.risk_ratio),
        **_ratio("odds_ratio", "or", reorders.odds_ratio),
        "e_value": e_value(reorders.risk_ratio.value) if reorders.risk_ratio else None,
        "e_value_ci": _e_value_of_bound(reorders.risk_ratio) if reorders.risk_ratio else None,
        "placebo_p": one.placebo.adjusted.p,
        "max_smd": one.matched.worst,
        "overlap": one.matched.overlap,
        "smallest_detectable": smallest,
        "wording": wording(one.exposure, one.days, n, reorders, smallest, settings.power),
    }


def _ratio(name: str, short: str, found: Estimate | None) -> dict[str, float | None]:
    values = (found.value, found.low, found.high) if found else (None, None, None)
    return dict(zip((name, f"{short}_low", f"{short}_high"), values, strict=True))


def _e_value_of_bound(ratio: Estimate) -> float:
    return 1.0 if ratio.low <= 1 <= ratio.high else e_value(ratio.low if ratio.low > 1 else ratio.high)


def _smallest_detectable(found: Estimate, settings: MiningSettings) -> float:
    return detectable_difference(found.error, min(settings.power, _MOST_POWER), settings.test_alpha)


def _card(as_of: date | None, comparisons: list[Comparison]) -> Card:
    first = comparisons[0]
    return Card(
        predicts="the association of a late first delivery, or of a low score for it, with ordering again",
        population="customers with a delivered order, by their first one",
        as_of=as_of,
        trained_on=f"first deliveries at least {min(one.days for one in comparisons)} days before the as-of date",
        n=first.found.count(True) + first.found.count(False),
        verdict=best_of(one.verdict for one in comparisons),
        details=_details(comparisons),
        fitted_as_of=as_of,
    )


def _details(comparisons: list[Comparison]) -> str:
    """For each comparison: the checks that it passed, or the reason why it is not published."""
    sentences = []
    for one in comparisons:
        if one.verdict.is_published:
            assert one.matched and one.placebo
            sentences.append(
                f"{one.name}: the groups are comparable (largest difference {one.matched.worst:.3f} standard deviations,"
                f" {one.matched.overlap:.1%} of the exposed compared, placebo p = {one.placebo.adjusted.p:.2f})."
            )
        else:
            sentences.append(f"{one.name}, not published: {one.why}")
    return " ".join(sentences)


def _rivals(one: Comparison) -> Iterator[Rival]:
    for name, found in one.methods.items():
        bounds = (found.low, found.high) if found.error else (None, None)
        yield Rival(name, f"difference of shares ({one.name})", _rounded(found.value), *map(_rounded, bounds))


def _curves(one: Comparison) -> Iterator[Curve]:
    assert one.matched
    yield Curve(
        "effect",
        one.name,
        [Point(i, _rounded(e.value), _rounded(e.low), _rounded(e.high), name) for i, (name, e) in enumerate(one.methods.items())],
    )
    if one.exposure is LATE:
        before, after = one.matched.before, one.matched.after
        worst = sorted(before, key=lambda name: (-round(before[name], _DIGITS), name))[:_SHOWN]
        for series, of in (("before", before), ("after", after)):
            points = [Point(i, _rounded(of[name]), label=name) for i, name in enumerate(worst)]
            yield Curve(f"balance, {one.days} days", series, points)


def _delays(con: duckdb.DuckDBPyConnection, settings: MiningSettings) -> Iterator[Curve]:
    """The unadjusted share of customers who ordered again, by the delay of their first delivery."""
    points = []
    for place, (delay, people, reordered) in enumerate(first_deliveries.reorders_by_delay(con, settings.effect_days)):
        share = reordered / people
        low, high = wilson_interval(share, people)
        points.append(Point(place, _rounded(share), _rounded(low), _rounded(high), delay[2:]))
    if points:
        yield Curve("ordered again by delay of the first delivery", f"within {settings.effect_days} days", points)


def _seen(one: Comparison) -> Iterator[tuple[str, float]]:
    assert one.reorders
    n, others = one.found.count(True), one.found.count(False)
    reordered = one.found.count_reordered(True) + one.found.count_reordered(False)
    yield f"share exposed ({one.name})", round(n / (n + others), _DIGITS)
    yield f"share who ordered again ({one.name})", round(reordered / (n + others), _DIGITS)
    yield f"adjusted difference ({one.name})", round(one.reorders.adjusted.value, _DIGITS)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
