"""Cohorts of customers by the month of their first order: how many order again, and what a customer is worth over time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ecom_lake.publish.dashboard.breakdowns import money
from ecom_lake.publish.dashboard.curves import Axis, Curves, Look, Series, curves
from ecom_lake.publish.dashboard.customers.as_of import rows_of, why_of
from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.heatmap import Cell, HeatMap, HeatRow, shade
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import percent

COHORTS, MONTHS = 24, 24
"""The latest cohorts and the first months since their first order that the page shows."""
SMALLEST = 50
"""Customers of a cohort that has a curve: the mean of fewer is mostly chance."""
_LARGE = 0.03
_MEASURES = {"retention": "retention", "ever": "cumulative_retention"}
_VALUES = {"net-sales": "cumulative_net_sales_per_customer", "gross-profit": "cumulative_gross_profit_per_customer"}
_RETENTION = Query(
    "select cohort, month_number, month, is_complete, cohort_size, active_customers, retention, cumulative_retention"
    " from cohort_retention order by cohort, month_number"
)
_VALUE = Query(
    "select cohort, month_number, is_complete, cohort_size, cumulative_net_sales_per_customer,"
    " cumulative_gross_profit_per_customer from cohort_value where month is not null order by cohort, month_number"
)


@dataclass(frozen=True)
class Cohorts:
    retention: HeatMap | None
    retention_why: Why
    left_out: int
    """Cohorts before those that are shown."""
    value: Curves | None
    value_why: Why
    has_gross_profit: bool


def cohorts(view: View) -> Cohorts:
    value = rows_of(view, "cohort_value", _VALUE)
    by_cohort = _by_cohort(rows_of(view, "cohort_retention", _RETENTION))
    return Cohorts(
        _heat_map(view, dict(list(by_cohort.items())[-COHORTS:])),
        why_of(view, "cohort_retention", _RETENTION),
        max(len(by_cohort) - COHORTS, 0),
        _curves(view, _by_cohort(value)),
        why_of(view, "cohort_value", _VALUE),
        any(row["cumulative_gross_profit_per_customer"] is not None for row in value),
    )


def _by_cohort(rows: Sequence[Row]) -> dict[date, list[Row]]:
    found: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["cohort"]].append(row)
    return found


def _heat_map(view: View, by_cohort: Mapping[date, Sequence[Row]]) -> HeatMap | None:
    """The share of each cohort that ordered in a month; blank after the as-of date."""
    measure = _MEASURES[view.options["cohort"]]
    known = [row for rows in by_cohort.values() for row in rows if 0 < row["month_number"] <= MONTHS and row[measure] is not None]
    if not known:
        return None
    last = max(row["month_number"] for row in known)
    # Small cohorts vary by chance, so the scale is that of the others, where there are any.
    of_scale = [row[measure] for row in known if row["cohort_size"] >= SMALLEST] or [row[measure] for row in known]
    largest = max(of_scale)
    rows = [
        HeatRow(
            f"{cohort:%b %Y}",
            [_cell(row, measure, float(largest)) for row in months if 0 < row["month_number"] <= last],
            f"{months[0]['cohort_size']:,}",
            view.month_url(cohort),
            bool(months[0]["is_complete"]),
        )
        for cohort, months in by_cohort.items()
    ]
    title = "Share of the cohort that ordered in the month" if measure == "retention" else "Share that ordered again by the month"
    return HeatMap(title, "Months since the first order", "First order", [str(n) for n in range(1, last + 1)], rows, "customers")


def _cell(row: Row, measure: str, largest: float) -> Cell:
    """Two decimals where all shares are small."""
    if row[measure] is None:
        return Cell()
    number = 100 * row[measure]
    text = "0" if not number else f"{number:.{0 if number >= 10 else 1 if largest >= _LARGE else 2}f}"
    title = f"{row['cohort']:%b %Y}, month {row['month_number']}: {percent(row[measure])} of {row['cohort_size']:,} customers"
    return Cell(text, "", shade(row[measure], largest), title, is_complete=bool(row["is_complete"]))


def _curves(view: View, by_cohort: Mapping[date, Sequence[Row]]) -> Curves | None:
    """One line for each cohort that is large enough; incomplete months are left out."""
    measure = _VALUES[view.options["value"]]
    lines = {
        cohort: [
            (float(row["month_number"]), float(row[measure])) for row in rows if row["is_complete"] and row[measure] is not None
        ]
        for cohort, rows in list(by_cohort.items())[-COHORTS:]
        if rows[0]["cohort_size"] >= SMALLEST
    }
    lines = {cohort: points[: MONTHS + 1] for cohort, points in lines.items() if len(points) > 1}
    if not lines:
        return None
    exact = money(view)
    named = _named(list(lines))
    series = [
        Series(points, named.get(cohort, "faint"), f"{cohort:%b %Y}" if cohort in named else "", _text(cohort, points, exact))
        for cohort, points in lines.items()
    ]
    last = max(at for points in lines.values() for at, _ in points)
    x = Axis(
        "Months since the first order",
        "{:.0f}".format,
        0,
        last,
        [n for n in range(int(last) + 1) if n % (3 if last > 6 else 1) == 0],
    )
    words = "Net sales" if view.options["value"] == "net-sales" else "Gross profit"
    return curves(f"{words} per customer of each cohort, to date", series, x, Axis(f"{words} per customer", exact))


def _named(cohorts: Sequence[date]) -> dict[date, Look]:
    """The oldest cohort, one in the middle and the latest one with a year of history, or the latest at all."""
    picked: dict[date, Look] = {cohorts[0]: "reference"}
    if len(cohorts) > 2:
        picked[cohorts[len(cohorts) // 2]] = "main"
    if len(cohorts) > 1:
        picked[cohorts[-1]] = "strong"
    return picked


def _text(cohort: date, points: Sequence[tuple[float, float]], exact: object) -> str:
    month, value = points[-1]
    return f"First order in {cohort:%b %Y}: {exact(value)} per customer by month {month:.0f}"  # type: ignore[operator]
