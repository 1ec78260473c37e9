"""The verdict on the sales forecast, in words that a manager understands.

Not here: the measures that it is drawn from (forecast_contest.py).
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

_PREDICTS = "net sales of the coming months, in total and by category, and of the coming days"
_POPULATION = "all valid orders"


def refusal(sales: Sales) -> Card:
    months = len(sales.months) if sales.months else 0
    return Card(
        predicts=_PREDICTS,
        population=_POPULATION,
        as_of=sales.as_of,
        trained_on=f"{months} complete months",
        n=months,
        verdict=unmeasured(f"The shop has {_counted(months, 'complete month')}; a forecast takes {LEAST_MONTHS} or more."),
        fitted_as_of=sales.as_of,
    )


def card(sales: Sales, agreed: Reconciled, fitted_as_of: date | None, seed: int) -> Card:
    months, days = agreed.months, agreed.days
    series = months.series
    return Card(
        predicts=_PREDICTS,
        population=_POPULATION,
        as_of=sales.as_of,
        trained_on=f"complete months from {series.first:%Y-%m} to {series.period(len(series) - 1):%Y-%m}, and the days in them",
        n=len(series),
        verdict=decide(months.gate(seed), fallback=NAIVE if months.is_won else months.champion),
        details=" ".join([_of(months, seed), _of(days, seed), _of_agreeing(agreed), *_caveats(sales)]),
        fitted_as_of=fitted_as_of,
    )


def _of(found: Contest, seed: int) -> str:
    """How the champion did, or why there is none worth the name."""
    noun = found.series.grain.name
    tests = _counted(len(found.origins), "test")
    if found.scores[found.champion] is None:
        return f"By {noun} sales never changed, and the last {noun} is taken again."
    if not found.is_won:
        return f"By {noun} nothing did better than the {found.champion} guess in {tests}, so that is what is published."
    missed = mape(found.tests[found.champion].at(found.origins))
    off = "" if missed is None else f", and was off by {missed:.0%} on average"
    ahead = found.against_naive(found.champion, seed)
    luck = ", which may be luck" if ahead.high is None or ahead.high >= 0 else ""
    lead = f"By {noun} {found.champion} missed {found.gain:.0%} less than taking the last {noun} again"
    return f"{lead} in {tests}{luck}{off}.{_held(found)}"


def _held(found: Contest) -> str:
    each = held(found.tests[found.champion], found.series, SHARES[0])
    return f" Its intervals of {SHARES[0]:.0%} held {each.mean():.0%} of what came." if len(each) else ""


def _of_agreeing(agreed: Reconciled) -> str:
    if not agreed.alone or not agreed.fitted:
        return "The days are scaled to add up to the months."
    return (
        f"The days are scaled to add up to the months; tested at the ends of months, they were off by {agreed.fitted.value:,.0f}"
        f" a day on average, and by {agreed.alone.value:,.0f} without it."
    )


def _caveats(sales: Sales) -> list[str]:
    said = []
    if sales.months and len(sales.months) < MONTHS.seasonal_from + LEAST_ORIGINS:
        said.append(
            f"Of a yearly season nothing is said: it takes {MONTHS.seasonal_from} months to learn and {LEAST_ORIGINS} to test."
        )
    if sales.faded and sales.days:
        said.append(
            f"Sales fade out after {last_full_day(sales.days)}: the last {sales.faded} days sold less than half of what is usual."
            " They are not learned from, and their month counts with what is expected of them."
        )
    return said


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
