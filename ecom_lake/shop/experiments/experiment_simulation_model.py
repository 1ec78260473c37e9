"""What would a discount for people who may be lost bring? Assumptions, swept, over measured base rates; never a measurement.

Offered to everybody in a group: of N people, a share p buys anyway; the discount d makes it p·(1 + u), and of those who would
have bought anyway a share c takes it too. With a margin m and a value v of a purchase that is
N·p·v·(u·(m - d) - c·d) more margin; it pays from u = c·d / (m - d) on. u, c and, where the shop does not tell its costs, m are
assumed. Low and high are of simulated outcomes: of what is not known of p, and of chance. Not here: what it takes to measure it
(experiment_plan.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import duckdb
import numpy as np
import polars as pl

from ecom_lake.engine.contracts.fitted import Card, Curve, Fitted, Past, Point
from ecom_lake.shop.experiments import groups as experiment_groups
from ecom_lake.shop.experiments.experiment_simulation import ExperimentSimulation
from ecom_lake.shop.experiments.groups import WANTED_BACK, Group, groups, verdict_on
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.intervals import percentile_interval

READS = experiment_groups.READS
VERSION = 1
DISCOUNTS = (0.05, 0.1, 0.15, 0.2)
UPLIFTS = (0.1, 0.25, 0.5)
TAKEN_ANYWAY = (0.5, 1.0)
AROUND = (-0.1, 0.0, 0.1)
"""An assumed margin is swept by as much to both sides; a measured one is not."""
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
        """Margin more per purchase that there would be anyway, in units of its value."""
        return self.uplift * (self.margin - self.discount) - self.cannibalisation * self.discount

    @property
    def break_even(self) -> float | None:
        left = self.margin - self.discount
        return round(self.cannibalisation * self.discount / left, _DIGITS) if left > 1e-9 else None


def fit(con: duckdb.DuckDBPyConnection, settings: MiningSettings, past: Past) -> Fitted:
    """Nothing of it is kept: it is drawn anew from the seed."""
    found = groups(con, settings.churn_days)
    known = [group for group in found if group.is_known and group.people and group.name in WANTED_BACK]
    measured = margin_of(*con.execute(MARGIN).fetchall()[0])
    scenarios = swept(known, DISCOUNTS, UPLIFTS, TAKEN_ANYWAY, margins(measured, settings))
    rows = list(simulate(scenarios, measured is not None, settings.seed))
    return Fitted(
        tables={"experiment_simulation": pl.DataFrame(rows, ExperimentSimulation.table.computed_schema)},
        card=_card(con, found, known, measured, settings),
        curves=list(_curves(known, measured, settings)),
        seen={f"base rate, {group.name}": round(group.rate, _DIGITS) for group in known},
    )


MARGIN = """
select sum(net_sales)::double, sum(costed_sales)::double, sum(cogs)::double from fct_orders
where is_valid and order_date <= (select max(date) from dim_date where is_as_of)
"""


def margin_of(sales: float | None, costed: float | None, cost: float | None) -> float | None:
    """Of what has been sold, where nearly all costs are known."""
    if not sales or not costed or cost is None or costed < _COSTED * sales:
        return None
    return round(min(max(1 - cost / costed, 0.0), 1.0), _DIGITS)


def margins(measured: float | None, settings: MiningSettings) -> list[float]:
    if measured is not None:
        return [measured]
    around = (settings.assumed_margin + by for by in AROUND)
    return sorted({round(min(max(margin, 0.0), 1.0), _DIGITS) for margin in around})


def swept(
    known: Sequence[Group],
    discounts: Sequence[float],
    uplifts: Sequence[float],
    taken: Sequence[float],
    of_margin: Sequence[float],
) -> list[Scenario]:
    return [Scenario(*assumed) for assumed in product(known, discounts, uplifts, taken, of_margin)]


def simulate(scenarios: Sequence[Scenario], is_measured: bool, seed: int) -> Iterator[dict[str, object]]:
    for one in scenarios:
        # Each scenario of a group meets the same chances, so that scenarios differ by what they assume and by nothing else.
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
    """What the base rate may be after what was seen of it, who then buys anyway and who because of it, and for how much."""
    group = one.group
    rate = rng.beta(group.back + 0.5, group.watched - group.back + 0.5, _DRAWS)
    anyway = rng.binomial(group.people, rate).astype(np.float64)
    more = rng.binomial(group.people, np.minimum(rate * one.uplift, 1.0)).astype(np.float64)
    spent, spent_more = (
        np.maximum(n * group.order_value + np.sqrt(n) * group.order_spread * rng.standard_normal(_DRAWS), 0.0)
        for n in (anyway, more)
    )
    outcome: np.ndarray[tuple[int], np.dtype[np.float64]] = (
        spent_more * (one.margin - one.discount) - spent * one.cannibalisation * one.discount
    )
    return outcome


def _curves(known: list[Group], measured: float | None, settings: MiningSettings) -> Iterator[Curve]:
    """Margin by uplift at the middle of what is assumed, and where it crosses nought."""
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
    margin = (
        f"{measured:.0%} (measured)" if measured is not None else f"{settings.assumed_margin:.0%} and 10 points around (assumed)"
    )
    if known:
        details = (
            "Assumed, not measured: uplift and who takes the discount anyway are swept over"
            f" {len(DISCOUNTS)} discounts, margin {margin}; only an experiment tells which of these rows is true."
        )
    else:
        details = f"No group of people who may be lost has a base rate to start from. {experiment_groups.too_little(found)}"
    return Card(
        predicts="what a discount for people who may be lost would bring, by what is assumed",
        population="people at risk or lapsed, by whether they had bought more than once",
        as_of=as_of,
        trained_on=f"who bought in the {settings.churn_days} days up to the as-of date; uplifts are assumed",
        n=sum(group.watched for group in known),
        verdict=verdict_on(SIMULATION, (group for group in found if group.name in WANTED_BACK), fewest_people=1),
        details=details,
        fitted_as_of=as_of,
    )
