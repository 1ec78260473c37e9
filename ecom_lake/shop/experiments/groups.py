"""The groups of people that a shop can experiment on: how many there are, how many join, and how many buy anyway.

Groups are told apart by what was known before the watching: days since the latest purchase (the bounds are those of
customer_metrics' activity_status) and whether people had bought more than once. The base rate is measured: who was in the
group `churn_days` before the as-of date, and bought since. Not here: plans and simulations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from ecom_lake.engine.contracts.gate import Verdict, against_threshold, best_of, decide, unmeasured

READS = ("fct_orders", "customer_metrics", "dim_date")

NEW = "new customers"
FORMULAS = "formulas of power"
WANTED_BACK = ("at risk, one purchase", "at risk, several purchases", "lapsed, one purchase", "lapsed, several purchases")
LEAST_WATCHED, LEAST_BACK = 200, 5
"""With fewer, a group's base rate is not known well enough to plan with."""


@dataclass(frozen=True)
class Group:
    name: str
    people: int
    """Who are in it now; of new customers, nobody: they come."""
    join_per_day: float
    watched: int
    back: int
    """Of those watched, who bought within the days."""
    order_value: float
    """Mean net sales of the day on which they did, and its standard deviation."""
    order_spread: float

    @property
    def rate(self) -> float:
        return self.back / self.watched

    @property
    def money(self) -> float:
        """Mean net sales per person, buyers or not."""
        return self.rate * self.order_value

    @property
    def money_deviation(self) -> float:
        return float((self.rate * (self.order_spread**2 + self.order_value**2) - self.money**2) ** 0.5)

    @property
    def is_known(self) -> bool:
        return self.verdict(FORMULAS).is_published

    def verdict(self, candidate: str, fewest_people: int = 0) -> Verdict:
        """Whether its base rate is known well enough to compute with. There is no rival: counts must reach thresholds."""
        counts = {
            "number of customers observed": (self.watched, LEAST_WATCHED),
            "number of them who ordered again": (self.back, LEAST_BACK),
            "number of them who did not order again": (self.watched - self.back, 1),
            "number of customers in the group now": (self.people, fewest_people),
        }
        return decide(
            *(against_threshold(candidate, f"{metric} ({self.name})", least, count) for metric, (count, least) in counts.items())
        )


GROUPS = """
with today as (
    select max(date) as as_of, max(date) - $days as start, max(date) - 2 * $days as before from dim_date where is_as_of
),
bounds as (
    select max(recency_days) filter (where activity_status = 'active') as active,
        max(recency_days) filter (where activity_status in ('active', 'at risk')) as at_risk
    from customer_metrics
),
purchases as (
    select customer_id, order_date, sum(net_sales) as value
    from fct_orders, today where is_valid and order_date <= as_of group by customer_id, order_date
),
people as (
    select customer_id, min(order_date) as first, max(order_date) as last, count(*) as purchases,
        max(order_date) filter (where order_date <= start) as last_then,
        count(*) filter (where order_date <= start) as purchases_then,
        min(order_date) filter (where order_date > start) as next,
        min_by(value, order_date) filter (where order_date > start) as next_value
    from purchases, today group by customer_id
),
grouped as (
    select p.*,
        case when as_of - last <= active then 'active' when as_of - last <= at_risk then 'at risk' else 'lapsed' end
            || case when purchases > 1 then ', several purchases' else ', one purchase' end as group_now,
        case when last_then is null then null
            when start - last_then <= active then 'active' when start - last_then <= at_risk then 'at risk' else 'lapsed' end
            || case when purchases_then > 1 then ', several purchases' else ', one purchase' end as group_then
    from people as p, today, bounds where active is not null
),
now as (
    select group_now as name, count(*) as people, count(*) filter (where group_then is distinct from group_now) as joined
    from grouped group by 1
),
watched as (
    select group_then as name, count(*) as watched, count(next) as back,
        sum(next_value)::double / count(next_value) as value, stddev_samp(next_value::double) as spread
    from grouped where group_then is not null group by 1
),
second as (
    select customer_id, first, min(p.order_date) as next, min_by(p.value, p.order_date) as value
    from people join purchases as p using (customer_id)
    where p.order_date > first and p.order_date <= first + $days group by customer_id, first
),
fresh as (
    select count(*) filter (where p.first > start) as joined,
        count(*) filter (where p.first <= start and p.first > before) as watched,
        count(s.next) filter (where p.first <= start and p.first > before) as back,
        sum(s.value)::double / count(s.value) as value, stddev_samp(s.value::double) as spread
    from people as p left join second as s using (customer_id) cross join today
)
select coalesce(n.name, w.name), coalesce(people, 0), coalesce(joined, 0), coalesce(watched, 0), coalesce(back, 0),
    round(value, 6), round(coalesce(spread, 0), 6)
from now as n full join watched as w on w.name = n.name
union all
select 'new customers', 0, joined, watched, back, round(value, 6), round(coalesce(spread, 0), 6) from fresh
order by 1
"""


def groups(con: duckdb.DuckDBPyConnection, days: int) -> list[Group]:
    """Those that there are, by name."""
    return groups_of(con.execute(GROUPS, {"days": days}).fetchall(), days)


def groups_of(rows: Iterable[tuple[Any, ...]], days: int) -> list[Group]:
    """From what the query gives."""
    return [
        Group(name, people, joined / days, watched, back, value or 0.0, spread)
        for name, people, joined, watched, back, value, spread in rows
        if people or joined or watched
    ]


def verdict_on(candidate: str, found: Iterable[Group], fewest_people: int = 0) -> Verdict:
    """One group whose base rate is known is enough; else the largest group shows what is missing."""
    largest_first = sorted(found, key=lambda group: -group.watched)
    if not largest_first:
        return unmeasured("No customer has ordered in any of the groups, so that no base rate is known.")
    return best_of(group.verdict(candidate, fewest_people) for group in largest_first)


def too_little(found: list[Group]) -> str:
    """Why there is nothing to plan with."""
    most = max(found, key=lambda group: group.watched, default=None)
    if most is None:
        return "Nobody has bought yet, so no group's base rate is known."
    return (
        f"No group has {LEAST_WATCHED} people who could be watched, of whom {LEAST_BACK} bought again: the largest,"
        f" {most.name}, has {most.watched:,}, of whom {most.back:,} did."
    )


def as_of(con: duckdb.DuckDBPyConnection) -> date | None:
    day: date | None = con.execute("select max(date) from dim_date where is_as_of").fetchall()[0][0]
    return day
