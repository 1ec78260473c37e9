"""The categories of the chosen months: growth against the compared months, and the review score or the margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from ecom_lake.publish.dashboard.breakdowns import conditions_of, lines_of, money, over_served
from ecom_lake.publish.dashboard.category_quadrant import Category, Quadrant, quadrant
from ecom_lake.publish.dashboard.evidence import Why, why
from ecom_lake.publish.dashboard.query import Query, Row, named_before, values_before
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.kpi_cards import formatted
from ecom_lake.shop import vocabulary

QUALITIES = ("review", "margin")
MOST = 24
"""Categories that the chart shows, by net sales."""
_GROWTH = """select s.category, s.net_sales, e.before, s.review,
    case when s.costed_sales >= $cost_coverage * s.net_sales then (s.net_sales - s.cogs)::double / nullif(s.net_sales, 0) end
        as margin
from sums as s
left join earlier as e on e.category = s.category
order by s.category is null, s.net_sales desc, s.category"""


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
    evidence = why(view, f"Growth: net sales / those of {view.before.text} - 1. {kpi.meaning}", query, "fct_sales", "fct_orders")
    return Categories(chart, "", len(rows) - min(len(shown), MOST), evidence)


def _query(view: View) -> Query:
    """One row for each category by falling net sales, and a last one for the whole."""
    assert view.before is not None
    conditions, values = conditions_of(view, view.span, without="category")
    conditions_before, values_of_before = conditions_of(view, view.before, without="category")
    sql = f"""with now as (
    select s.category, s.order_id, sum(s.net_sales) as net_sales, sum(s.cogs) as cogs,
        sum(s.net_sales) filter (where s.cogs is not null) as costed_sales
    from ({lines_of(view)}) as s
    where {conditions}
    group by s.category, s.order_id
),
earlier as (
    select s.category, sum(s.net_sales) as before
    from ({lines_of(view)}) as s
    where {named_before(conditions_before)}
    group by s.category
),
sums as (
    select n.category, sum(n.net_sales) as net_sales, sum(n.cogs) as cogs, sum(n.costed_sales) as costed_sales,
        avg(o.review_score) as review
    from now as n
    join fct_orders as o on o.order_id = n.order_id
    group by grouping sets ((n.category), ())
)
{_GROWTH}"""
    coverage = float(view.release.site.shop.numbers.cost_coverage)
    values = {**values, **values_before(values_of_before), "cost_coverage": coverage}
    by_product = "product" in view.filters.members
    served = over_served(view, sql.replace("fct_orders", "orders")) if by_product else _served(conditions, conditions_before)
    return Query(sql, values, served)


def _served(conditions: str, conditions_before: str) -> str:
    """The same rows from the cells of the categories."""
    return f"""with sums as (
    select s.category, sum(s.net_sales) as net_sales, sum(s.cogs) as cogs, sum(s.costed_sales) as costed_sales,
        sum(s.review_scores)::double / nullif(sum(s.reviews), 0) as review
    from kpi_cells as s
    where s.category is not null and {conditions}
    group by grouping sets ((s.category), ())
),
earlier as (
    select s.category, sum(s.net_sales) as before
    from kpi_cells as s
    where s.category is not null and {named_before(conditions_before)}
    group by s.category
)
{_GROWTH}"""


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
