"""The page of one product: its figures, sales and price by month, states, what is bought with it, and its record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ecom_lake.publish.dashboard.bar_table import UNKNOWN, BarRow, BarTable, Cell, Heading, widths
from ecom_lake.publish.dashboard.breakdowns import axis_money, conditions_of, lines_of, money
from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.figures import Figure, figures
from ecom_lake.publish.dashboard.product_names import LABEL, product_url
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.scope import why_of_history, why_of_span
from ecom_lake.publish.dashboard.span import with_months_before
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.kpi_cards import formatted
from ecom_lake.publish.pages.month_chart import MonthChart, Point, month_chart
from ecom_lake.publish.pages.rendering import percent
from ecom_lake.shop import vocabulary

CONTEXT = 24
"""Months that the charts show at least."""
MOST = 10
_RECORD = f"""select {LABEL} as label, p.product_id, p.name, p.category, p.brand, p.list_price, p.unit_cost,
    f.abc_class, f.rank_by_sales, f.rank_in_category, f.share, f.return_rate, f.avg_review, f.first_sold, f.last_sold
from dim_product as p
join product_performance as f on f.product_id = p.product_id
where p.product_id = $product"""
_WITH = f"""with orders as (
    select distinct order_id
    from fct_sales
    where is_valid and product_id = $product
),
others as (
    select s.product_id, count(distinct s.order_id) as orders
    from fct_sales as s
    join orders as o on o.order_id = s.order_id
    where s.is_valid and s.product_id <> $product
    group by s.product_id
)
select p.product_id, {LABEL} as label, others.orders, others.orders::double / (select count(*) from orders) as share,
    r.lift, r.is_significant, count(*) over () as products
from others
join dim_product as p on p.product_id = others.product_id
left join basket_rules as r
    on r.level = 'product' and r.antecedent_size = 1 and r.antecedent = $product and r.consequent = others.product_id
order by others.orders desc, p.product_id
limit {MOST}"""


@dataclass(frozen=True)
class Chart:
    months: MonthChart
    why: Why


@dataclass(frozen=True)
class Table:
    table: BarTable
    why: Why


@dataclass(frozen=True)
class Product:
    label: str
    category: str
    category_url: str
    """The products of its category."""
    facts: Sequence[tuple[str, str]]
    """Its record, and its place among all products over the whole history."""
    figures: Sequence[Figure]
    sales: Chart | None
    prices: Chart | None
    states: Table | None
    bought_with: Table | None


def product(view: View, product_id: str) -> Product | None:
    """None for an unknown product. `view` is the page of this product."""
    found = view.release.rows(Query(_RECORD, {"product": product_id}))
    if not found:
        return None
    record = found[0]
    others = {name: member for name, member in view.filters.members.items() if name != "category"}
    of_product = replace(view, filters=replace(view.filters, members={**others, "product": product_id}))
    months = _months(of_product)
    return Product(
        record["label"],
        record["category"],
        _category_url(view, record["category"]),
        _facts(view, record),
        figures(of_product),
        months[0] if months else None,
        months[1] if months else None,
        _states(view, of_product),
        _bought_with(view, product_id),
    )


def _category_url(view: View, category: str) -> str:
    members = {**view.filters.members, "category": category}
    return replace(view, filters=replace(view.filters, members=members)).url("products")


def _facts(view: View, record: Row) -> list[tuple[str, str]]:
    price = money(view)
    known = {
        "Identifier": record["product_id"],
        "Brand": record["brand"],
        "List price": None if record["list_price"] is None else price(record["list_price"], 2),
        "Unit cost": None if record["unit_cost"] is None else price(record["unit_cost"], 2),
        "Rank by net sales": f"{record['rank_by_sales']:,}, {record['rank_in_category']:,} in its category",
        "ABC class": record["abc_class"],
        "Share of all net sales": None if record["share"] is None else percent(record["share"]),
        "Review score": None if record["avg_review"] is None else formatted(record["avg_review"], "score", None),
        "Return rate": None if record["return_rate"] is None else percent(record["return_rate"]),
        "Sold": None if record["first_sold"] is None else f"{record['first_sold']} to {record['last_sold']}",
    }
    return [(name, value) for name, value in known.items() if value is not None]


def _months(view: View) -> tuple[Chart, Chart] | None:
    """Net sales and the mean price by month, from its first sale in the months that are shown."""
    if view.span is None:
        return None
    span = with_months_before(view.span, view.months, CONTEXT)
    conditions, values = conditions_of(view, span)
    sql = f"""select s.month, sum(s.net_sales) as net_sales, sum(s.gross_sales)::double / sum(s.quantity) as price,
    min(s.unit_price) as lowest, max(s.unit_price) as highest
from ({lines_of(view)}) as s
where {conditions}
group by s.month
order by s.month"""
    query = Query(sql, values)
    found = {row["month"]: row for row in view.release.rows(query)}
    if not found:
        return None
    shown = [one for one in view.months if min(found) <= one.month <= span.last]
    sales = [
        Point(one.month, float(found[one.month]["net_sales"]) if one.month in found else 0.0, one.is_complete) for one in shown
    ]
    prices = [Point(one.month, found[one.month]["price"] if one.month in found else None, one.is_complete) for one in shown]
    by_month = month_chart("Net sales by month", "bars", sales, money(view), axis_money(view))
    price = month_chart("Mean price by month", "line", prices, lambda value: str(money(view)(value, 2)))
    assert by_month is not None
    assert price is not None
    evidence = why_of_span(view, span, vocabulary.net_sales.meaning, query, "fct_sales")
    return Chart(by_month, evidence), Chart(
        price, replace(evidence, definition="Gross sales / units: the mean price before discount.")
    )


def _states(view: View, of_product: View) -> Table | None:
    conditions, values = conditions_of(of_product, view.span, without="state")
    sql = f"""select s.state, sum(s.net_sales) as net_sales, sum(s.quantity)::bigint as units, count(*) over () as states
from ({lines_of(view)}) as s
where {conditions}
group by s.state
order by sum(s.net_sales) desc, s.state
limit {MOST}"""
    query = Query(sql, values)
    rows = view.release.rows(query)
    if not rows:
        return None
    chosen = view.filters.members.get("state")
    table = BarTable(
        "state",
        [Heading("Net sales"), Heading("Units")],
        [
            BarRow(
                row["state"],
                width,
                [Cell(money(view)(row["net_sales"])), Cell(f"{row['units']:,}")],
                view.toggled("state", row["state"]),
                row["state"] == chosen,
            )
            for row, width in zip(rows, widths([row["net_sales"] for row in rows]), strict=True)
        ],
        rows[0]["states"] - len(rows),
    )
    return Table(table, why_of_span(of_product, view.span, vocabulary.net_sales.meaning, query, "fct_sales", without="state"))


def _bought_with(view: View, product_id: str) -> Table | None:
    if not view.release.has("basket_rules"):
        return None
    query = Query(_WITH, {"product": product_id})
    rows = view.release.rows(query)
    if not rows:
        return None
    table = BarTable(
        "product",
        [Heading(text) for text in ("Orders with both", "Share of its orders", "Lift", "Significant")],
        [
            BarRow(row["label"], width, _with_cells(row), product_url(view, row["product_id"]))
            for row, width in zip(rows, widths([row["orders"] for row in rows]), strict=True)
        ],
        rows[0]["products"] - len(rows),
    )
    definition = "Valid orders that contain both products. A lift is stated where the pair is a rule of basket_rules."
    return Table(table, why_of_history(view, definition, query, "fct_sales", "basket_rules"))


def _with_cells(row: Row) -> list[Cell]:
    significant: dict[Any, str] = {True: "yes", False: "no", None: "no rule"}
    return [
        Cell(f"{row['orders']:,}"),
        Cell(percent(row["share"])),
        Cell(UNKNOWN if row["lift"] is None else f"{row['lift']:,.1f}"),
        Cell(significant[row["is_significant"]]),
    ]
