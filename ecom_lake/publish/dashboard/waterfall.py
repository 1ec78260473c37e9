"""The revenue waterfall of the chosen months: gross sales to net sales, their outcomes, and on to payments and refunds.

Here: the steps, in groups that each close to the cent. Not here: the lengths of the bars (publish/pages/charts.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from ecom_lake.publish.dashboard.breakdowns import money
from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.scope import why_of_months
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages import charts
from ecom_lake.publish.pages.rendering import percent

_ENDS = {
    "net_sales": "Gross sales to net sales",
    "unknown": "Outcomes of the net sales",
    "gmv": "Net sales and freight to GMV",
    "payments": "GMV to payments",
    "net_sales_after_refunds": "Net sales after refunds",
}
"""The last step of each group, and the heading of the group."""
_LABELS = {
    "gmv": "GMV",
    "realized": "delivered",
    "at_risk_recent": "shipped recently",
    "at_risk_stale": "shipped long ago, no delivery known",
    "no_lines": "paid, order without lines",
    "no_payment": "order without payment",
    "tax": "tax charged on top of the prices",
    "instalment_interest": "interest on instalments",
}
_DEFINITION = "One row per step: a total, or the amount between two totals. Every group sums to its total, to the cent."
Kind = Literal["sum", "plus", "minus"]


@dataclass(frozen=True)
class Step:
    name: str
    label: str
    amount: str
    share: str
    """Of the net sales; empty for a total."""
    kind: Kind
    left: float
    """Percent of the largest total, like the width."""
    width: float


@dataclass(frozen=True)
class Group:
    title: str
    closes: bool
    """Whether its steps sum to its total in every month, to the cent."""
    steps: Sequence[Step]


@dataclass(frozen=True)
class Waterfall:
    groups: Sequence[Group]
    why: Why


def waterfall(view: View) -> Waterfall | None:
    """None for a shop that does not have it, and without sales."""
    if view.span is None or not view.release.has("revenue_waterfall"):
        return None
    query = Query(
        """select step_order, step, sum(amount)::decimal(18, 2) as amount, bool_and(closes) as closes
from revenue_waterfall
where month between $first and $last
group by step_order, step
order by step_order""",
        {"first": view.span.first, "last": view.span.last},
    )
    rows = view.release.rows(query)
    groups = _groups(view, rows)
    return (
        Waterfall(groups, why_of_months(view, _DEFINITION, query, "revenue_waterfall"))
        if any(row["amount"] for row in rows)
        else None
    )


def _groups(view: View, rows: Sequence[Mapping[str, Any]]) -> list[Group]:
    net_sales = sum(row["amount"] for row in rows if row["step"] == "net_sales")
    shown = {step["step"]: step for step in charts.waterfall([row for row in rows if _is_shown(row)])}
    ends = iter([row["step_order"] for row in rows if row["step"] in _ENDS])
    end = next(ends, 0)
    group_ends = []
    for row in rows:
        end = end if row["step_order"] <= end else next(ends, row["step_order"])
        group_ends.append(end)
    found = []
    for _, numbered in groupby(zip(group_ends, rows, strict=True), key=lambda pair: pair[0]):
        group = [row for _, row in numbered]
        steps = [_step(view, shown[row["step"]], net_sales) for row in group if row["step"] in shown]
        found.append(Group(_ENDS[group[-1]["step"]], all(row["closes"] for row in group), steps))
    return found


def _is_shown(row: Mapping[str, Any]) -> bool:
    return bool(row["amount"]) or row["step"] in (*charts.SUMS, "discounts", "refunds")


def _step(view: View, drawn: Mapping[str, Any], net_sales: Any) -> Step:
    name, amount = drawn["step"], drawn["amount"]
    kind: Kind = "sum" if drawn["is_sum"] else "minus" if amount < 0 else "plus"
    share = percent(abs(float(amount / net_sales))) if amount and net_sales and not drawn["is_sum"] else ""
    label = _LABELS.get(name, name.replace("_", " "))
    return Step(name, label, money(view)(amount, 2), share, kind, drawn["left"], drawn["width"])
