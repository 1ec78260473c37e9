"""The customer groups that a shop can experiment on: their size, how many customers join them, and their base rate.

A customer's group follows from what was known before the observation began: the days since the latest purchase (with the bounds
of customer_metrics' activity_status) and whether there was more than one purchase. The base rate is measured: of the customers
who were in the group `churn_days` before the as-of date, the share that has ordered since. Not here: plans and simulations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from ecom_lake.engine.contracts.gate import Verdict, against_threshold, best_of, decide, unmeasured
from ecom_lake.engine.contracts.sql_file import sql_file

NEW = "new customers"
FORMULAS = "formulas of power"
WIN_BACK = ("at risk, one purchase", "at risk, several purchases", "lapsed, one purchase", "lapsed, several purchases")
LEAST_OBSERVED, LEAST_ORDERED = 200, 5
"""With fewer, the base rate of a group is too uncertain to plan with."""


@dataclass(frozen=True)
class Group:
    name: str
    people: int
    """Customers in the group now; 0 for new customers, who have yet to come."""
    join_per_day: float
    observed: int
    ordered: int
    """Of the observed customers, those who ordered within the period."""
    order_value: float
    """Mean net sales of the day on which they ordered."""
    order_value_deviation: float

    @property
    def rate(self) -> float:
        return self.ordered / self.observed

    @property
    def money(self) -> float:
        """Mean net sales per customer, including those who ordered nothing."""
        return self.rate * self.order_value

    @property
    def money_deviation(self) -> float:
        return float((self.rate * (self.order_value_deviation**2 + self.order_value**2) - self.money**2) ** 0.5)

    @property
    def is_known(self) -> bool:
        return self.verdict(FORMULAS).is_published

    def verdict(self, candidate: str, fewest_people: int = 0) -> Verdict:
        """Whether the base rate is certain enough to plan with. There is no rival: counts must reach thresholds."""
        counts = {
            "number of customers observed": (self.observed, LEAST_OBSERVED),
            "number of customers who ordered again": (self.ordered, LEAST_ORDERED),
            "number of customers who did not order again": (self.observed - self.ordered, 1),
            "number of customers in the group now": (self.people, fewest_people),
        }
        return decide(
            *(against_threshold(candidate, f"{metric} ({self.name})", least, count) for metric, (count, least) in counts.items())
        )


def base_rates_query() -> str:
    return sql_file(__file__, "group_base_rates.sql")


def groups(con: duckdb.DuckDBPyConnection, days: int) -> list[Group]:
    """The groups that have customers, by name."""
    return groups_of(con.execute(base_rates_query(), {"days": days}).fetchall(), days)


def groups_of(rows: Iterable[tuple[Any, ...]], days: int) -> list[Group]:
    """From the rows of the query."""
    return [
        Group(name, people, joined / days, observed, ordered, order_value or 0.0, deviation)
        for name, people, joined, observed, ordered, order_value, deviation in rows
        if people or joined or observed
    ]


def verdict_on(candidate: str, found: Iterable[Group], fewest_people: int = 0) -> Verdict:
    """One group with a known base rate is enough; otherwise the largest group shows what is missing."""
    largest_first = sorted(found, key=lambda group: -group.observed)
    if not largest_first:
        return unmeasured("No customer has ordered in any of the groups, so that no base rate is known.")
    return best_of(group.verdict(candidate, fewest_people) for group in largest_first)


def too_little(found: list[Group]) -> str:
    """The reason why no experiment can be planned."""
    largest = max(found, key=lambda group: group.observed, default=None)
    if largest is None:
        return "No customer has ordered yet, so the base rate of every group is unknown."
    return (
        f"No group has the {LEAST_OBSERVED} observed customers and {LEAST_ORDERED} repeat orders that a base rate needs. In the"
        f" largest group, {largest.name}, {largest.ordered:,} of {largest.observed:,} observed customers ordered again."
    )


def as_of(con: duckdb.DuckDBPyConnection) -> date | None:
    day: date | None = con.execute("select as_of from reporting_period").fetchall()[0][0]
    return day
