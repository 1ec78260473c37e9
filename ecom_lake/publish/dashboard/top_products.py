"""The products with the highest net sales in the chosen months, under the filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ecom_lake.publish.dashboard.bar_table import UNKNOWN, BarRow, BarTable, Cell, Heading, change_tone, widths
from ecom_lake.publish.dashboard.breakdowns import conditions_of, lines_of, money, over_served
from ecom_lake.publish.dashboard.evidence import Why, why
from ecom_lake.publish.dashboard.product_names import LABEL, product_url
from ecom_lake.publish.dashboard.query import Query, Row, named_before, values_before
from ecom_lake.publish.dashboard.span import Span
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.kpi_cards import change_text, formatted
from ecom_lake.shop import vocabulary

MOST = 20
_ORDERS = "count(distinct s.order_id)"


@dataclass(frozen=True)
class TopProducts:
    table: BarTable
    why: Why


def top_products(view: View) -> TopProducts | None:
    """None where no line matches the filters."""
    query = _query(view)
    rows = view.release.rows(query)
    if not rows:
        return None
    headings = ["Net sales", *([f"vs {view.before.text}"] if view.before else []), "Units", "Orders", "ABC class", "Review score"]
    table = BarTable(
        "product",
        [Heading(text) for text in headings],
        [_row(view, row, width) for row, width in zip(rows, widths([row["net_sales"] for row in rows]), strict=True)],
        rows[0]["products"] - len(rows),
    )
    return TopProducts(table, why(view, vocabulary.net_sales.meaning, query, "fct_sales"))


def _query(view: View) -> Query:
    sums, values = _sums(view, view.span)
    before, values_of_before = _sums(view, view.before) if view.before else ("", {})
    earlier = f",\nearlier as (\n    {named_before(before)}\n)" if view.before else ""
    joined = "\nleft join earlier as e on e.product_id = s.product_id" if view.before else ""
    sql = f"""with sold as (
    {sums}
){earlier}
select s.*, {LABEL} as label, f.abc_class, f.avg_review, count(*) over () as products,
    {"e.net_sales" if view.before else "null"} as before
from sold as s{joined}
join dim_product as p on p.product_id = s.product_id
join product_performance as f on f.product_id = s.product_id
order by s.net_sales desc, s.product_id
limit {MOST}"""
    served = over_served(view, sql.replace(_ORDERS, "sum(s.orders)::bigint"), "product_cells")
    return Query(sql, {**values, **values_before(values_of_before)}, served)


def _sums(view: View, span: Span | None) -> tuple[str, dict[str, Any]]:
    conditions, values = conditions_of(view, span)
    sql = f"""select s.product_id, sum(s.net_sales) as net_sales, sum(s.quantity)::bigint as units,
        {_ORDERS} as orders
    from ({lines_of(view)}) as s
    where {conditions}
    group by s.product_id"""
    return sql, values


def _row(view: View, row: Row, width: float) -> BarRow:
    change = change_text(row["net_sales"], row["before"], "money")
    return BarRow(
        row["label"],
        width,
        [
            Cell(money(view)(row["net_sales"])),
            *([Cell(change or UNKNOWN, change_tone(change))] if view.before else []),
            Cell(f"{row['units']:,}"),
            Cell(f"{row['orders']:,}"),
            Cell(row["abc_class"] or UNKNOWN),
            Cell(UNKNOWN if row["avg_review"] is None else formatted(row["avg_review"], "score", None)),
        ],
        product_url(view, row["product_id"]),
    )
