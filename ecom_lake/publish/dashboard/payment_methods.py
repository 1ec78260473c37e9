"""Payment methods of the chosen months: value, share and its change, orders, instalments."""

from __future__ import annotations

from dataclasses import dataclass

from ecom_lake.publish.dashboard.bar_table import UNKNOWN, BarRow, BarTable, Cell, Heading, widths
from ecom_lake.publish.dashboard.breakdowns import money
from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.scope import why_of_months
from ecom_lake.publish.dashboard.span import Span
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.kpi_cards import change_text
from ecom_lake.publish.pages.rendering import percent
from ecom_lake.shop import vocabulary

_SQL = """select method, sum(payments)::decimal(18, 2) as payments, sum(orders)::bigint as orders,
    sum(payments)::double / nullif(sum(sum(payments)) over (), 0)::double as share,
    sum(avg_installments * known_instalments) / nullif(sum(known_instalments), 0) as avg_installments
from payment_mix
where month between $first and $last
group by method
order by payments desc, method"""


@dataclass(frozen=True)
class PaymentMethods:
    table: BarTable
    why: Why


def payment_methods(view: View) -> PaymentMethods | None:
    """None for a shop that does not know them, and for months without payments."""
    if view.span is None or not view.release.has("payment_mix"):
        return None
    query = _query(view.span)
    rows = view.release.rows(query)
    if not rows:
        return None
    before = {row["method"]: row["share"] for row in view.release.rows(_query(view.before))} if view.before else {}
    bars = widths([row["payments"] for row in rows])
    headings = ["Value", "Share", *(["Change of share"] if view.before else []), "Orders", "Instalments"]
    return PaymentMethods(
        BarTable(
            "Method",
            [Heading(text) for text in headings],
            [_row(view, row, width, before) for row, width in zip(rows, bars, strict=True)],
        ),
        why_of_months(view, vocabulary.payments.meaning, query, "payment_mix"),
    )


def _query(span: Span) -> Query:
    return Query(_SQL, {"first": span.first, "last": span.last})


def _row(view: View, row: Row, width: float, before: dict[str, float | None]) -> BarRow:
    change = [Cell(change_text(row["share"], before.get(row["method"]), "share") or UNKNOWN)] if view.before else []
    return BarRow(
        row["method"],
        width,
        [
            Cell(money(view)(row["payments"])),
            Cell(percent(row["share"]) if row["share"] is not None else UNKNOWN),
            *change,
            Cell(f"{row['orders']:,}"),
            Cell(f"{row['avg_installments']:.1f}" if row["avg_installments"] is not None else UNKNOWN),
        ],
        view.with_options({"by": "payment_method", "member": row["method"]}),
    )
