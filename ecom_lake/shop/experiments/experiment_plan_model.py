"""Experiment plans: for each customer group and each assumed uplift, the sample size, the duration and the power.

The base rates are measured, the uplifts are assumptions. Not here: the groups (groups.py) and the formulas
(statistics/power.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

import duckdb
import polars as pl

from ecom_lake.engine.contracts.fitted import Card, Curve, Fitted, Past, Point
from ecom_lake.shop.experiments import groups as experiment_groups
from ecom_lake.shop.experiments.experiment_plan import ExperimentPlan
from ecom_lake.shop.experiments.groups import FORMULAS, Group, groups, too_little, verdict_on
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.power import people_for_means, people_for_shares, power_of_means, power_of_shares, whole

READS = ("customer_metrics", "fct_orders", "reporting_period")
VERSION = 1
UPLIFTS = (0.05, 0.1, 0.2, 0.5, 1.0)
_DIGITS = 6
_MOST_POWER = 0.999
"""A plan with a power of 100% would need infinitely many customers."""


@dataclass(frozen=True)
class Plan:
    n_per_arm: int
    power: float
    days_needed: int | None
    testable: bool
    reason: str


def fit(con: duckdb.DuckDBPyConnection, settings: MiningSettings, past: Past) -> Fitted:
    """The plans; nothing is reused from the past fit, because the base rates are those of the as-of date."""
    found = groups(con, settings.churn_days)
    known = [group for group in found if group.is_known]
    rows = [row for group in known for row in _rows(group, settings)]
    schema = ExperimentPlan.table.schema
    return Fitted(
        tables={"experiment_plan": pl.DataFrame(rows, schema)},
        card=_card(con, found, known, rows, settings),
        curves=[Curve("power to find 50% more, by days", group.name, power_by_days(group, 0.5, settings)) for group in known],
        seen={f"base rate, {group.name}": round(group.rate, _DIGITS) for group in known},
    )


def plan(group: Group, uplift: float, settings: MiningSettings) -> Plan:
    """All customers in the group start at once, others as they join; each of them is observed for the whole period."""
    rate = round(group.rate, _DIGITS)
    treated = rate * (1 + uplift)
    if treated >= 1:
        return Plan(1, 0.0, None, False, f"An uplift of {uplift:.0%} on {rate:.2%} would exceed 100%.")
    n = whole(people_for_shares(rate, treated, min(settings.power, _MOST_POWER), settings.test_alpha))
    available = _people_in_time(group, settings)
    power = power_of_shares(available / 2, rate, treated, settings.test_alpha) if available >= 2 else 0.0
    return _planned(group, n, power, f"from {rate:.2%} to {treated:.2%}", settings)


def money_plan(group: Group, uplift: float, settings: MiningSettings) -> Plan:
    """The plan for net sales per customer, including customers who order nothing."""
    more = group.money * uplift
    if not more:
        return Plan(1, 0.0, None, False, "The orders of this group cost nothing, so its net sales cannot increase by a share.")
    n = whole(people_for_means(more, group.money_deviation, min(settings.power, _MOST_POWER), settings.test_alpha))
    available = _people_in_time(group, settings)
    power = power_of_means(available / 2, more, group.money_deviation, settings.test_alpha) if available >= 4 else 0.0
    return _planned(group, n, power, f"from {group.money:.2f} to {group.money + more:.2f} per customer", settings)


def _people_in_time(group: Group, settings: MiningSettings) -> float:
    """Customers who can start early enough to be observed within the longest experiment."""
    return group.people + group.join_per_day * max(0, settings.experiment_days - settings.churn_days)


def _planned(group: Group, n: int, power: float, change: str, settings: MiningSettings) -> Plan:
    missing = max(0.0, 2 * n - group.people)
    days = settings.churn_days + ceil(missing / group.join_per_day) if group.join_per_day or not missing else None
    testable, power = days is not None and days <= settings.experiment_days, round(power, _DIGITS)
    needs = f"an increase {change} takes {n:,} customers in each of two arms"
    if testable:
        return Plan(n, power, days, True, f"Testable in {days:,} days: {needs}.")
    why = f" and {days:,} days" if days is not None else ", and no customers join the group"
    return Plan(n, power, days, False, f"Not testable: {needs}{why}.")


def _rows(group: Group, settings: MiningSettings) -> Iterator[dict[str, object]]:
    rate = round(group.rate, _DIGITS)
    for uplift in sorted({*UPLIFTS, settings.experiment_uplift}):
        if rate * (1 + uplift) >= 1:
            continue
        found = plan(group, uplift, settings)
        yield {
            "segment": group.name,
            "uplift": uplift,
            "people": group.people,
            "join_per_day": round(group.join_per_day, _DIGITS),
            "baseline_rate": rate,
            "treated_rate": round(rate * (1 + uplift), 9),
            "n_per_arm": found.n_per_arm,
            "power": found.power,
            "days_needed": found.days_needed,
            "testable": found.testable,
            "reason": found.reason,
        }


def power_by_days(group: Group, uplift: float, settings: MiningSettings) -> list[Point]:
    """The power to detect an uplift, by the duration of the experiment in days; empty where it would exceed 100%."""
    rate = round(group.rate, _DIGITS)
    points = []
    for days in range(settings.churn_days, settings.experiment_days + 1, 30):
        available = group.people + group.join_per_day * (days - settings.churn_days)
        if available >= 2 and rate * (1 + uplift) < 1:
            power = power_of_shares(available / 2, rate, rate * (1 + uplift), settings.test_alpha)
            points.append(Point(days, round(power, _DIGITS)))
    return points


def _card(
    con: duckdb.DuckDBPyConnection,
    found: list[Group],
    known: list[Group],
    rows: list[dict[str, object]],
    settings: MiningSettings,
) -> Card:
    as_of = experiment_groups.as_of(con)
    testable = [row for row in rows if row["testable"]]
    details = (
        f"{len(testable)} of {len(rows)} experiments can be completed within {settings.experiment_days} days. The base rates are"
        " measured, the uplifts are assumed."
        if known
        else too_little(found)
    )
    return Card(
        predicts=f"the sample size of an experiment on orders within {settings.churn_days} days; uplifts are assumed",
        population="customer groups by recency and number of purchases",
        as_of=as_of,
        trained_on=f"orders of the {settings.churn_days} days up to the as-of date",
        n=sum(group.observed for group in found),
        verdict=verdict_on(FORMULAS, found),
        details=details,
        fitted_as_of=as_of,
    )
