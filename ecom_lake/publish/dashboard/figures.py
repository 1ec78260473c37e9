"""The figures on KPI cards: value, change, sparkline, and the evidence behind "Why this number?".

Where no order states its customer, their number is not known: it is not 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ecom_lake.publish.dashboard.evidence import Why, why
from ecom_lake.publish.dashboard.kpi_query import SHOWN, kpi_query
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.serving.kpis import served_kpis
from ecom_lake.publish.dashboard.span import Span
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.kpi_cards import KPIS, Kpi, change_text, formatted, sparkline
from ecom_lake.shop import vocabulary

NOT_KNOWN = "not known"
_LABELS = {
    kpi.name: kpi for kpi in (*KPIS, Kpi("units", "Units", "count"), Kpi("avg_lead_days", "Days to deliver", "score", "down"))
}


@dataclass(frozen=True)
class Figure:
    name: str
    label: str
    value: str
    change: str | None
    """Against the compared span; None where there is nothing complete and above 0 to compare with."""
    tone: Literal["good", "bad", ""]
    sparkline: str
    why: Why


def figures(view: View, names: Sequence[str] = SHOWN) -> list[Figure]:
    """One figure for each of these KPIs that the shop knows in the chosen months."""
    query = _query(view, view.span, names)
    *months, total = view.release.rows(query)
    before = view.release.rows(_query(view, view.before, names))[-1] if view.before else None
    return [_figure(view, _LABELS[name], query, months, total, before) for name in names if _is_shown(name, total)]


def _is_shown(name: str, total: Row) -> bool:
    return name == "customers" or total[name] is not None


def _query(view: View, span: Span | None, names: Sequence[str]) -> Query:
    query = kpi_query(view.filters, span, float(view.release.site.shop.numbers.cost_coverage), names)
    return replace(query, served=served_kpis(view.filters, span, names))


def _figure(view: View, kpi: Kpi, query: Query, months: Sequence[Row], total: Row, before: Row | None) -> Figure:
    evidence = why(view, vocabulary.KPIS[kpi.name].column.meaning, query, "fct_orders", "fct_sales")
    if total[kpi.name] is None:
        return Figure(kpi.name, kpi.label, NOT_KNOWN, None, "", "", evidence)
    change = change_text(total[kpi.name], before[kpi.name], kpi.unit) if before else None
    rises = change is not None and change.startswith("+")
    moved = change is not None and change.split()[0].strip("+-0.%") != ""
    tone: Literal["good", "bad", ""] = ""
    if moved and kpi.better != "neither":
        tone = "good" if rises == (kpi.better == "up") else "bad"
    complete = {month.month for month in view.months if month.is_complete}
    line = sparkline([row[kpi.name] for row in months if row["month"] in complete])
    return Figure(kpi.name, kpi.label, formatted(total[kpi.name], kpi.unit, view.release.currency), change, tone, line, evidence)
