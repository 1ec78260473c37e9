"""The experiment planner and the simulated discounts: the functions behind `ecom-lake experiment`, as a form.

Here: what the form asks, and what it computes. Baselines are measured, uplifts are assumed.
Not here: the formulas (shop/experiments).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.forest import Estimated, Forest, forest
from ecom_lake.publish.dashboard.lines import LineChart, Series, line_chart
from ecom_lake.publish.dashboard.options import NumberBetween
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.scope import why_of_history
from ecom_lake.publish.dashboard.sellers import percent_tick
from ecom_lake.publish.dashboard.serving.whole_shop import base_rates
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import amount, percent
from ecom_lake.shop.experiments.experiment_plan_model import plan, power_by_days
from ecom_lake.shop.experiments.groups import Group, groups_of, too_little
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.power import people_for_shares, whole

ASKED = {
    "uplift": NumberBetween(0.0001, 1000),
    "baseline": NumberBetween(0.0001, 100),
    "power": NumberBetween(50, 100),
    "alpha": NumberBetween(0.0001, 50),
}
"""The fields of the form, in percent. Below their bounds, shares are equal to the digits of a floating point number."""
LINES = 4
"""Groups whose power is drawn."""
ASSUMED = {
    "discount": ("10", "5", "15", "20"),
    "cannibalisation": ("100", "50"),
}
"""The assumptions that the simulation varies, in percent."""
_SIMULATED = Query("""\
select segment, assumed_uplift, incremental_margin, low, high, break_even_uplift, margin, margin_source
from experiment_simulation
where discount = $discount and cannibalisation = $cannibalisation
order by segment, margin, assumed_uplift""")
_PLAN_IS = (
    "Customers that each of two arms needs for a two-sided test of shares; the baseline of a group is the share of its customers"
    " who ordered within the follow-up days, measured. The uplift is an assumption."
)
_SIMULATION_IS = (
    "Additional margin of a discount for customers at risk, simulated: the measured baseline, an assumed uplift, and the share of"
    " those who would have ordered anyway and use the discount. Nothing of it was measured."
)


@dataclass(frozen=True)
class Asked:
    """What the form asks for, in percent."""

    uplift: float
    baseline: float | None
    power: float
    alpha: float


@dataclass(frozen=True)
class PlannedGroup:
    name: str
    people: int
    join_per_day: str
    baseline: str
    n_per_arm: int
    days: int | None
    power: str
    testable: bool
    reason: str


@dataclass(frozen=True)
class Planner:
    asked: Asked
    kept: Mapping[str, str]
    """The other parameters of the address, which the form keeps."""
    answer: str
    """For a baseline that was given: the sample size in a sentence; empty without one."""
    groups: Sequence[PlannedGroup]
    why_none: str
    """Why no group is listed; empty if one is."""
    follow_up_days: int
    longest_days: int
    power: LineChart | None
    why: Why


@dataclass(frozen=True)
class Simulation:
    discounts: Mapping[str, str]
    """What a link chooses, and its words; likewise `cannibalisations`."""
    cannibalisations: Mapping[str, str]
    chart: Forest | None
    margin: str
    break_even: str
    why: Why


def planner(view: View) -> Planner | None:
    if not view.release.has("experiment_plan"):
        return None
    settings = view.release.site.shop.mining
    given = view.options.number
    asked = Asked(
        given("uplift") or 100 * settings.experiment_uplift,
        given("baseline"),
        given("power") or 100 * settings.power,
        given("alpha") or 100 * settings.test_alpha,
    )
    query = base_rates(settings.churn_days)
    found = groups_of((tuple(row.values()) for row in view.release.rows(query)), settings.churn_days)
    chosen = settings.with_changes(power=asked.power / 100, test_alpha=asked.alpha / 100)
    groups = []
    for group in found:
        if group.is_known:
            made = plan(group, asked.uplift / 100, chosen)
            groups.append(
                PlannedGroup(
                    group.name,
                    group.people,
                    f"{group.join_per_day:,.1f}",
                    percent(group.rate),
                    made.n_per_arm,
                    made.days_needed,
                    percent(made.power),
                    made.testable,
                    made.reason,
                )
            )
    groups.sort(key=lambda group: (group.days is None, group.days or 0, group.name))
    return Planner(
        asked,
        _kept(view),
        _answer(asked),
        groups,
        "" if groups else too_little(found),
        settings.churn_days,
        settings.experiment_days,
        _power([group for group in found if group.is_known], asked.uplift / 100, chosen),
        why_of_history(view, _PLAN_IS, query, "experiment_plan"),
    )


def _kept(view: View) -> dict[str, str]:
    filters = dict(parse_qsl(view.filters.query().lstrip("?")))
    return filters | {name: value for name, value in view.options.changed.items() if name not in ASKED}


def _answer(asked: Asked) -> str:
    if asked.baseline is None:
        return ""
    treated = asked.baseline * (1 + asked.uplift / 100)
    if treated >= 100:
        return f"An uplift of {asked.uplift:g}% on {asked.baseline:g}% would exceed 100%: lower one of them."
    n = whole(people_for_shares(asked.baseline / 100, treated / 100, asked.power / 100, asked.alpha / 100))
    return (
        f"To detect an increase from {asked.baseline:g}% to {treated:.4g}% with {asked.power:g}% power, each of two arms needs"
        f" {n:,} customers."
    )


def _power(groups: Sequence[Group], uplift: float, settings: MiningSettings) -> LineChart | None:
    """The power to detect the uplift, by days, of the groups that reach the most."""
    curves = {group.name: power_by_days(group, uplift, settings) for group in groups}
    lines = {name: [(one.x, one.value) for one in points if one.value is not None] for name, points in curves.items() if points}
    best = sorted(lines, key=lambda name: -lines[name][-1][1])[:LINES]
    series = [Series(name, lines[name], "champion" if name == best[0] else "rival") for name in best]
    ends = [x for points in lines.values() for x, _ in points]
    if not ends or min(ends) == max(ends):
        return None
    return line_chart("Power by days", series, percent_tick, (min(ends), max(ends)), across=lambda days: f"{days:g}")


def simulation(view: View) -> Simulation | None:
    if not view.release.has("experiment_simulation"):
        return None
    share = {name: float(view.options[name]) / 100 for name in ("discount", "cannibalisation")}
    query = Query(_SIMULATED.sql, share)
    rows = view.release.rows(query)
    margins = sorted({row["margin"] for row in rows})
    middle = margins[len(margins) // 2] if margins else 0.0
    shown = [row for row in rows if row["margin"] == middle]
    currency = view.release.currency
    estimates = [_estimated(row, currency) for row in shown]
    source = shown[0]["margin_source"] if shown else "assumed"
    break_even = shown[0]["break_even_uplift"] if shown else None
    return Simulation(
        {value: f"{value}% off" for value in sorted(ASSUMED["discount"], key=int)},
        {value: f"{value}% of those who would order anyway use it" for value in ASSUMED["cannibalisation"]},
        forest(estimates, lambda value: amount(value, currency=currency), 0.0),
        f"{percent(middle)} ({source})",
        "" if break_even is None else percent(break_even),
        why_of_history(view, _SIMULATION_IS, query, "experiment_simulation"),
    )


def _estimated(row: Row, currency: str | None) -> Estimated:
    return Estimated(
        f"{row['segment']}: {row['assumed_uplift']:.0%} more orders",
        float(row["incremental_margin"]),
        float(row["low"]),
        float(row["high"]),
        amount(row["incremental_margin"], currency=currency),
        is_main=row["low"] > 0 or row["high"] < 0,
    )
