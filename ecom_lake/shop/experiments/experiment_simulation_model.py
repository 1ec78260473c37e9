"""Discount simulations for at-risk and lapsed customers: assumptions, swept over measured base rates; never a measurement.

The discount is offered to all N customers of a group. A share p orders anyway; the discount d raises it to p·(1 + u), and a share
c of those who would have ordered anyway also uses it. With a margin m and an order value v the additional margin is
N·p·v·(u·(m - d) - c·d); it is positive from u = c·d / (m - d) on. u, c and, where the shop does not deliver its costs, m are
assumed. Low and high are quantiles of simulated outcomes: they hold the uncertainty of p, and chance. Not here: the sample size
of an experiment (experiment_plan_model.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import duckdb
import numpy as np
import polars as pl

from ecom_lake.engine.contracts.fitted import Card, Curve, Fitted, Past, Point
from ecom_lake.engine.contracts.sql_file import sql_file
from ecom_lake.shop.experiments import groups as experiment_groups
from ecom_lake.shop.experiments.experiment_simulation import ExperimentSimulation
from ecom_lake.shop.experiments.groups import WIN_BACK, Group, groups, verdict_on
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.intervals import percentile_interval

READS = ("fct_orders", "reporting_period")
VERSION = 1
DISCOUNTS = (0.05, 0.1, 0.15, 0.2)
UPLIFTS = (0.1, 0.25, 0.5)
CANNIBALISATIONS = (0.5, 1.0)
AROUND = (-0.1, 0.0, 0.1)
"""An assumed margin is varied by this much in both directions; a measured margin is not."""
SIMULATION = "simulation of assumptions"
_DRAWS, _DIGITS = 2_000, 6
_COSTED = 0.95


@dataclass(frozen=True)
class Scenario:
    group: Group
    discount: float
    uplift: float
    cannibalisation: float
    margin: float

    @property
    def per_purchase(self) -> float:
        """Additional margin per order that would have been placed anyway, as a share of its value."""
        return self.uplift * (self.margin - self.discount) - self.cannibalisation * self.discount

    @property
    def break_even(self) -> float | None:
        discounted_margin = self.margin - self.discount
        return round(self.cannibalisation * self.discount / discounted_margin, _DIGITS) if discounted_margin > 1e-9 else None


def fit(con: duckdb.DuckDBPyConnection, settings: MiningSettings, past: Past) -> Fitted:
    """The simulation; nothing is reused from the past fit, because everything follows from the seed."""
    found = groups(con, settings.churn_days)
    known = [group for group in found if group.is_known and group.people and group.name in WIN_BACK]
    measured = margin_of(*con.execute(margin_query()).fetchall()[0])
    scenarios = scenario_grid(known, DISCOUNTS, UPLIFTS, CANNIBALISATIONS, margins(measured, settings))
    rows = list(simulate(scenarios, measured is not None, settings.seed))
    return Fitted(
        tables={"experiment_simulation": pl.DataFrame(rows, ExperimentSimulation.table.computed_schema)},
        card=_card(con, found, known, measured, settings),
        curves=list(_curves(known, measured, settings)),
        seen={f"base rate, {group.name}": round(group.rate, _DIGITS) for group in known},
    )


def margin_query() -> str:
    return sql_file(__file__, "measured_margin.sql")


def margin_of(sales: float | None, costed: float | None, cost: float | None) -> float | None:
    """The measured margin, where the costs of nearly all sales are known."""
    if not sales or not costed or cost is None or costed < _COSTED * sales:
        return None
    return round(min(max(1 - cost / costed, 0.0), 1.0), _DIGITS)


def margins(measured: float | None, settings: MiningSettings) -> list[float]:
    if measured is not None:
        return [measured]
    varied = (settings.assumed_margin + by for by in AROUND)
    return sorted({round(min(max(margin, 0.0), 1.0), _DIGITS) for margin in varied})


def scenario_grid(
    known: Sequence[Group],
    discounts: Sequence[float],
    uplifts: Sequence[float],
    taken: Sequence[float],
    of_margin: Sequence[float],
) -> list[Scenario]:
    return [Scenario(*assumed) for assumed in product(known, discounts, uplifts, taken, of_margin)]


def simulate(scenarios: Sequence[Scenario], is_measured: bool, seed: int) -> Iterator[dict[str, object]]:
    for one in scenarios:
        # All scenarios of a group use the same random numbers, so that they differ only by their assumptions.
        rng = np.random.default_rng([seed, *one.group.name.encode()])
        group, rate = one.group, round(one.group.rate, _DIGITS)
        anyway = group.people * rate
        low, high = percentile_interval(_outcomes(one, rng))
        yield {
            "segment": group.name,
            "discount": one.discount,
            "assumed_uplift": one.uplift,
            "cannibalisation": one.cannibalisation,
            "margin": one.margin,
            "margin_source": "measured" if is_measured else "assumed",
            "people": group.people,
            "baseline_rate": rate,
            "order_value": round(group.order_value, 2),
            "incremental_orders": round(anyway * one.uplift, 2),
            "incremental_margin": round(anyway * group.order_value * one.per_purchase, 2) + 0.0,
            "low": round(float(low), 2),
            "high": round(float(high), 2),
            "break_even_uplift": one.break_even,
        }


def _outcomes(one: Scenario, rng: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Simulated additional margins: draws of the base rate, of the orders with and without the discount, and of their value."""
    group = one.group
    rate = rng.beta(group.ordered + 0.5, group.observed - group.ordered + 0.5, _DRAWS)
    anyway = rng.binomial(group.people, rate).astype(np.float64)
    more = rng.binomial(group.people, np.minimum(rate * one.uplift, 1.0)).astype(np.float64)
    spent, spent_more = (
        np.maximum(n * group.order_value + np.sqrt(n) * group.order_value_deviation * rng.standard_normal(_DRAWS), 0.0)
        for n in (anyway, more)
    )
    outcome: np.ndarray[tuple[int], np.dtype[np.float64]] = (
        spent_more * (one.margin - one.discount) - spent * one.cannibalisation * one.discount
    )
    return outcome


def _curves(known: list[Group], measured: float | None, settings: MiningSettings) -> Iterator[Curve]:
    """The additional margin by assumed uplift, at the middle of the assumed margins."""
    margin = measured if measured is not None else settings.assumed_margin
    for group in known:
        for discount in DISCOUNTS[1::2]:
            points = []
            for step in range(21):
                one = Scenario(group, discount, step / 20, 1.0, margin)
                points.append(
                    Point(one.uplift, round(group.people * round(group.rate, _DIGITS) * group.order_value * one.per_purchase, 2))
                )
            yield Curve(f"margin by assumed uplift, {discount:.0%} off", group.name, points)


def _card(
    con: duckdb.DuckDBPyConnection, found: list[Group], known: list[Group], measured: float | None, settings: MiningSettings
) -> Card:
    as_of = experiment_groups.as_of(con)
    assumed = f"{settings.assumed_margin:.0%} ± 10 percentage points (assumed)"
    margin = assumed if measured is None else f"{measured:.0%} (measured)"
    if known:
        details = (
            "These are assumptions, not measured effects: the uplift and the share of customers who would have ordered anyway are"
            f" varied for {len(DISCOUNTS)} discounts, with a margin of {margin}. Only an experiment can show which row is true."
        )
    else:
        details = f"No group of at-risk or lapsed customers has a known base rate. {experiment_groups.too_little(found)}"
    return Card(
        predicts="the additional margin of a discount for at-risk and lapsed customers, under assumptions",
        population="at-risk and lapsed customers, with one or several purchases",
        as_of=as_of,
        trained_on=f"orders of the {settings.churn_days} days up to the as-of date; uplifts are assumed",
        n=sum(group.observed for group in known),
        verdict=verdict_on(SIMULATION, (group for group in found if group.name in WIN_BACK), fewest_people=1),
        details=details,
        fitted_as_of=as_of,
    )
