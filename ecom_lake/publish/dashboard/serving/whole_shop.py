"""Queries about all customers that no filter changes: a serving file keeps their rows, because they read every customer."""

from __future__ import annotations

from ecom_lake.publish.dashboard.query import Query
from ecom_lake.shop.experiments.groups import base_rates_query

VALUE_DECILES = Query(
    """\
with ranked as (
    select *, ntile(10) over (order by predicted_value desc, customer_id) as decile
    from customer_value
    where predicted_value is not null
)
select decile, count(*) as customers, sum(predicted_value) as predicted_value, sum(low) as low, sum(high) as high,
    avg(p_order) as p_order, max(horizon_days) as horizon_days
from ranked
group by decile
order by decile""",
    served="select * from value_deciles order by decile",
)


def base_rates(days: int) -> Query:
    """How many customers are in each group of the experiment planner, and which share of them orders within so many days."""
    return Query(base_rates_query(), {"days": days}, "select * from base_rates order by name")


def kept_answers(days: int) -> dict[str, tuple[Query, frozenset[str]]]:
    """The queries by the name of the table that keeps their rows, with the gold tables that they read."""
    return {
        "value_deciles": (VALUE_DECILES, frozenset({"customer_value"})),
        "base_rates": (base_rates(days), frozenset({"reporting_period", "customer_metrics"})),
    }
