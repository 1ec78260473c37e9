"""Returned orders and sales by category, product or state."""

from __future__ import annotations

from dataclasses import dataclass

from ecom_lake.publish.dashboard.bar_table import UNKNOWN, BarRow, BarTable, Cell, Heading, widths
from ecom_lake.publish.dashboard.breakdowns import money
from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.product_names import labels_of, product_url
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.scope import why_of_history
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import percent
from ecom_lake.shop import vocabulary

DIMENSIONS = ("category", "product", "state")
MOST = 12
_SQL = f"""select *, count(*) over () as members
from returns_leakage
where dimension = $dimension and returned_orders > 0
order by returned_sales desc, member
limit {MOST}"""


@dataclass(frozen=True)
class ReturnedSales:
    table: BarTable
    why: Why


def returned_sales(view: View) -> ReturnedSales | None:
    """None for a shop that does not know returns, or has none."""
    if not view.release.has("returns_leakage"):
        return None
    dimension = view.options["returns"]
    query = Query(_SQL, {"dimension": dimension})
    rows = view.release.rows(query)
    if not rows:
        return None
    labels = labels_of(view, [row["member"] for row in rows]) if dimension == "product" else {}
    headings = ("Returned sales", "Share of all returned", "Return rate", "Returned orders", "Delivered orders")
    table = BarTable(
        dimension,
        [Heading(text) for text in headings],
        [
            _row(view, row, str(labels.get(row["member"], row["member"])), width)
            for row, width in zip(rows, widths([row["returned_sales"] for row in rows]), strict=True)
        ],
        rows[0]["members"] - len(rows),
    )
    return ReturnedSales(table, why_of_history(view, vocabulary.return_rate.meaning, query, "returns_leakage"))


def _row(view: View, row: Row, label: str, width: float) -> BarRow:
    dimension, member = row["dimension"], row["member"]
    return BarRow(
        label,
        width,
        [
            Cell(money(view)(row["returned_sales"])),
            Cell(_share(row["share"])),
            Cell(_share(row["return_rate"])),
            Cell(f"{row['returned_orders']:,}"),
            Cell(UNKNOWN if row["delivered_orders"] is None else f"{row['delivered_orders']:,}"),
        ],
        product_url(view, member) if dimension == "product" else view.toggled(dimension, member),
        view.filters.members.get(dimension) == member,
    )


def _share(share: float | None) -> str:
    return UNKNOWN if share is None else percent(share)
