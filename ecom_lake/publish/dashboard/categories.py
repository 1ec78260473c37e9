"""The categories of the chosen months: growth against the compared months, and the review score or the margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from ecom_lake.publish.dashboard.breakdowns import conditions_of, lines_of, money
from ecom_lake.publish.dashboard.category_quadrant import Category, Quadrant, quadrant
from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.kpi_query import kpi_query
from ecom_lake.publish.dashboard.query import Query, Row, named_before, values_before
from ecom_lake.publish.dashboard.scope import why_of_span
from ecom_lake.publish.dashboard.serving.kpis import served_kpis
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.kpi_cards import formatted
from ecom_lake.shop import vocabulary

QUALITIES = ("review", "margin")
MOST = 24
"""Categories that the chart shows, by net sales."""
_WHOLE = ("net_sales", "avg_review", "margin")


@dataclass(frozen=True)
class Categories:
    quadrant: Quadrant | None
    absent: str
    """Why there is no chart; empty if there is one."""
    left_out: int
    """Categories that it does not show."""
    why: Why | None


def categories(view: View) -> Categories:
    if view.span is None:
        return Categories(None, view.release.absent.get("kpi_monthly", "The shop has no months."), 0, None)
    if view.before is None:
        return Categories(None, "There are no complete months to compare with: choose other months.", 0, None)
    query = _query(view)
    *rows, whole = view.release.rows(query)
    name = view.options["quality"]
    shown = [row for row in rows if row["before"] and row["before"] > 0 and row["net_sales"] > 0 and row[name] is not None]
    if not shown or whole[name] is None:
        return Categories(None, _absent(view, rows), 0, None)
    chart = quadrant([_category(row, name) for row in shown[:MOST]], float(whole[name]), partial(_quality, name), money(view))
    kpi = vocabulary.avg_review if name == "review" else vocabulary.margin
    definition = (
        f"Growth: net sales / those of {view.before.text} - 1. {kpi.meaning} The row without a category is the shop's average."
    )
    evidence = why_of_span(view, view.span, definition, query, "fct_sales", "fct_orders", without="category")
    return Categories(chart, "", len(rows) - min(len(shown), MOST), evidence)


def _query(view: View) -> Query:
    """One row for each category by falling net sales, and a last one for the whole, which has the KPIs of the orders: an order of
    several categories counts once there."""
    assert view.before is not None
    conditions, values = conditions_of(view, view.span, without="category")
    conditions_before, values_of_before = conditions_of(view, view.before, without="category")
    filters = replace(view.filters, members={name: value for name, value in view.filters.members.items() if name != "category"})
    whole = kpi_query(filters, view.span, float(view.release.site.shop.numbers.cost_coverage), _WHOLE)
    served = served_kpis(filters, view.span, _WHOLE)
    assert served is not None

    def of_lines(lines: str, orders: str, whole: str) -> str:
        return f"""with now as (
    select s.category, s.order_id, sum(s.net_sales) as net_sales, sum(s.cogs) as cogs,
        sum(s.net_sales) filter (where s.cogs is not null) as costed_sales
    from {lines} as s
    where {conditions}
    group by s.category, s.order_id
),
sums as (
    select n.category, sum(n.net_sales) as net_sales, sum(n.cogs) as cogs, sum(n.costed_sales) as costed_sales,
        avg(o.review_score) as review
    from now as n
    join {orders} as o on o.order_id = n.order_id
    group by n.category
),
{_earlier(lines, conditions_before)}
{_growth(whole)}"""

    by_product = "product" in filters.members
    return Query(
        of_lines(f"({lines_of(view)})", "fct_orders", whole.sql),
        {**whole.values, **values, **values_before(values_of_before)},
        of_lines("order_lines", "orders", served) if by_product else _of_cells(conditions, conditions_before, served),
    )


def _of_cells(conditions: str, conditions_before: str, whole: str) -> str:
    """The same rows from the cells of the categories."""
    return f"""with sums as (
    select s.category, sum(s.net_sales) as net_sales, sum(s.cogs) as cogs, sum(s.costed_sales) as costed_sales,
        sum(s.review_scores)::double / nullif(sum(s.reviews), 0) as review
    from kpi_cells as s
    where s.category is not null and {conditions}
    group by s.category
),
{_earlier("kpi_cells", f"s.category is not null and {conditions_before}")}
{_growth(whole)}"""


def _earlier(source: str, conditions_before: str) -> str:
    return f"""earlier as (
    select s.category, sum(s.net_sales) as before
    from {source} as s
    where {named_before(conditions_before)}
    group by s.category
)"""


def _growth(whole: str) -> str:
    return f"""select s.category, s.net_sales, e.before, s.review,
    case when s.costed_sales >= $cost_coverage * s.net_sales then (s.net_sales - s.cogs)::double / nullif(s.net_sales, 0) end
        as margin
from sums as s
left join earlier as e on e.category = s.category
union all
select null, w.net_sales, null, w.avg_review, w.margin
from (
{whole}
) as w
where w.month is null
order by category is null, net_sales desc, category"""


def _category(row: Row, quality: str) -> Category:
    return Category(row["category"], float(row["net_sales"]), float(row["net_sales"] / row["before"]), float(row[quality]))


def _quality(name: str, value: float) -> str:
    return formatted(value, "score", None) if name == "review" else f"{100 * value:.0f}%"


def _absent(view: View, rows: Sequence[Row]) -> str:
    if not rows:
        return "No order of these months matches the filters."
    return "The orders of these months have no reviews." if view.options["quality"] == "review" else (
        "The shop knows the cost of too small a share of its net sales for a margin."
    )  # fmt: skip
