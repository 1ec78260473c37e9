"""The category of the first order, and what its customers bring afterwards: repeat rates with intervals, and value."""

from __future__ import annotations

from dataclasses import dataclass

from ecom_lake.publish.dashboard.bar_table import UNKNOWN, BarRow, BarTable, Cell, Heading, widths
from ecom_lake.publish.dashboard.breakdowns import money
from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.scope import why_of_history
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import percent
from ecom_lake.statistics.intervals import wilson_interval

MOST = 12
_QUERY = Query(
    f"""select *, count(*) over () as categories
from first_product_value
order by customers desc, category
limit {MOST}"""
)
_DEFINITION = (
    "Customers by the category of their first order, as of the as-of date. Repeat rates are of the customers whose first order is"
    " old enough, with Wilson's 95% interval; the net sales are those of the first 365 days, the first order included."
)


@dataclass(frozen=True)
class FirstCategories:
    table: BarTable
    why: Why


def first_categories(view: View) -> FirstCategories | None:
    if not view.release.has("first_product_value"):
        return None
    rows = view.release.rows(_QUERY)
    if not rows:
        return None
    headings = ("Net sales per customer in 365 days", "Customers", "Ordered again in 90 days", "in 365 days", "95% interval")
    bars = widths([row["net_sales_per_customer_365d"] for row in rows])
    table = BarTable(
        "category of the first order",
        [Heading(text) for text in headings],
        [_row(view, row, width) for row, width in zip(rows, bars, strict=True)],
        rows[0]["categories"] - len(rows),
    )
    return FirstCategories(table, why_of_history(view, _DEFINITION, _QUERY, "first_product_value"))


def _row(view: View, row: Row, width: float) -> BarRow:
    value, rate = row["net_sales_per_customer_365d"], row["repeat_rate_365d"]
    category = row["category"]
    return BarRow(
        category,
        width,
        [
            Cell(UNKNOWN if value is None else money(view)(value, 2)),
            Cell(f"{row['customers']:,}"),
            Cell(_share(row["repeat_rate_90d"])),
            Cell(_share(rate)),
            Cell(UNKNOWN if rate is None else " to ".join(map(_share, wilson_interval(rate, row["customers_365d"])))),
        ],
        view.toggled("category", category),
        view.filters.members.get("category") == category,
    )


def _share(share: float | None) -> str:
    return UNKNOWN if share is None else percent(share)
