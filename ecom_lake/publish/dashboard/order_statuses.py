"""Orders by status over the whole history: how many, what they are worth, and how old they are."""

from __future__ import annotations

from dataclasses import dataclass

from ecom_lake.publish.dashboard.bar_table import UNKNOWN, BarRow, BarTable, Cell, Heading, widths
from ecom_lake.publish.dashboard.breakdowns import money
from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.scope import why_of_history
from ecom_lake.publish.dashboard.view import View

_QUERY = Query(
    """select status, orders, valid_orders, net_sales, median_age_days
from order_status_sales
order by orders desc, status"""
)
_DEFINITION = (
    "One row per order status, with all of its orders, valid or not. The age is the median number of days from the order to the"
    " as-of date."
)


@dataclass(frozen=True)
class OrderStatuses:
    table: BarTable
    why: Why


def order_statuses(view: View) -> OrderStatuses | None:
    if not view.release.has("order_status_sales"):
        return None
    rows = view.release.rows(_QUERY)
    if not rows:
        return None
    bars = widths([row["orders"] for row in rows])
    table = BarTable(
        "Status",
        [Heading(text) for text in ("Orders", "Net sales", "Counts as a sale", "Median age")],
        [
            BarRow(
                row["status"],
                width,
                [
                    Cell(f"{row['orders']:,}"),
                    Cell(money(view)(row["net_sales"])),
                    Cell("yes" if row["valid_orders"] == row["orders"] else "no" if not row["valid_orders"] else "some orders"),
                    Cell(UNKNOWN if row["median_age_days"] is None else f"{row['median_age_days']:,.0f} days"),
                ],
                view.with_options({"by": "status", "member": row["status"]}) if row["valid_orders"] else None,
            )
            for row, width in zip(rows, bars, strict=True)
        ],
    )
    return OrderStatuses(table, why_of_history(view, _DEFINITION, _QUERY, "order_status_sales"))
