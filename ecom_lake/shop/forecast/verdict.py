"""The card of the sales forecast: its sentences, in words that a manager understands.

Not here: the measures (contest.py, rolling_origin.py).
"""

from __future__ import annotations

from datetime import date

from ecom_lake.engine.contracts.fitted import Card
from ecom_lake.engine.contracts.gate import decide, unmeasured
from ecom_lake.shop.forecast.contest import Contest
from ecom_lake.shop.forecast.fade_out import last_full_day
from ecom_lake.shop.forecast.methods import NAIVE
from ecom_lake.shop.forecast.prediction_intervals import SHARES, held
from ecom_lake.shop.forecast.reconciliation import Reconciled
from ecom_lake.shop.forecast.rolling_origin import LEAST_ORIGINS, mape
from ecom_lake.shop.forecast.sales_series import MONTHS, Sales

LEAST_MONTHS = 6

_PREDICTS = "net sales of the next months, in total and by category, and of the next days"
_POPULATION = "all valid orders"
_BEFORE_SCALING = " before scaling to the months"
"""The tests are of the daily forecasts alone; what is published is scaled to the months."""


def refusal(sales: Sales) -> Card:
    months = len(sales.months) if sales.months else 0
    return Card(
        predicts=_PREDICTS,
        population=_POPULATION,
        as_of=sales.as_of,
        trained_on=f"{months} complete months",
        n=months,
        verdict=unmeasured(f"The shop has {_counted(months, 'complete month')}; a forecast needs at least {LEAST_MONTHS}."),
        fitted_as_of=sales.as_of,
    )


def card(sales: Sales, reconciled: Reconciled, fitted_as_of: date | None, seed: int) -> Card:
    months, days = reconciled.months, reconciled.days
    series = months.series
    return Card(
        predicts=_PREDICTS,
        population=_POPULATION,
        as_of=sales.as_of,
        trained_on=f"complete months from {series.first:%Y-%m} to {series.period(len(series) - 1):%Y-%m}, and their days",
        n=len(series),
        verdict=decide(months.gate(seed), fallback=NAIVE if months.is_won else months.champion),
        details=" ".join(
            [_performance(months, seed), _performance(days, seed, _BEFORE_SCALING), _reconciliation(reconciled), *_caveats(sales)]
        ),
        fitted_as_of=fitted_as_of,
    )


def _performance(found: Contest, seed: int, tested: str = "") -> str:
    """The champion's error compared with the naive forecast, or why the naive forecast is published."""
    grain = found.series.grain.name
    tests = _counted(len(found.origins), "test")
    if found.scores[found.champion] is None:
        return f"By {grain}: sales never changed, so the last {grain} is repeated."
    if not found.is_won:
        return f"By {grain}: no method beat the {found.champion} forecast in {tests}{tested}, so it is published."
    error = mape(found.tests[found.champion].at(found.origins))
    off = "" if error is None else f" The mean error was {error:.0%}."
    difference = found.against_naive(found.champion, seed)
    # Without an interval there are too few tests whose forecasts share no period.
    luck = "; this may be chance" if difference.high is None or difference.high >= 0 else ""
    better = f"By {grain}: the error of {found.champion} was {found.gain:.0%} lower than that of repeating the last {grain}"
    return f"{better} in {tests}{tested}{luck}.{off}{_coverage(found, tested)}"


def _coverage(found: Contest, tested: str) -> str:
    each = held(found.tests[found.champion], found.series, SHARES[0])
    inside = f" Its {SHARES[0]:.0%} prediction intervals contained {each.mean():.0%} of the actual values{tested}."
    return inside if len(each) else ""


def _reconciliation(reconciled: Reconciled) -> str:
    if not reconciled.alone or not reconciled.fitted:
        return "The daily forecasts are scaled to add up to the months."
    return (
        "The daily forecasts are scaled to add up to the months: in tests at month ends the mean daily error was"
        f" {reconciled.fitted.value:,.0f}, and {reconciled.alone.value:,.0f} without scaling."
    )


def _caveats(sales: Sales) -> list[str]:
    caveats = []
    if sales.months and len(sales.months) < MONTHS.seasonal_from + LEAST_ORIGINS:
        caveats.append(
            f"No yearly seasonality is estimated: it needs {MONTHS.seasonal_from} months to fit and {LEAST_ORIGINS} to test."
        )
    if sales.faded and sales.days:
        caveats.append(
            f"Sales fade out after {last_full_day(sales.days)}: each of the last {sales.faded} days sold less than half of the"
            " usual sales. These days are not used, and their month is completed with an estimate."
        )
    return caveats


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
