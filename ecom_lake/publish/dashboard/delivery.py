"""The page "Delivery": how many orders are delivered late, where the days go, which sellers are late, and what customers say.

Here: what the charts show, each with its query. The filters act on orders; the scorecard's rank, the reviews by month and the
models are of the whole shop. Not here: the effect of late delivery and the risk of a bad review (delivery_models.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from ecom_lake.publish.dashboard.delivery_models import LateEffect, ReviewRisk, late_effect, review_risk
from ecom_lake.publish.dashboard.evidence import Why, why
from ecom_lake.publish.dashboard.figures import Figure, figures
from ecom_lake.publish.dashboard.filters import Filters
from ecom_lake.publish.dashboard.kpi_query import chosen_orders, chosen_values
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.scope import why_of_span
from ecom_lake.publish.dashboard.sellers import Sellers, sellers
from ecom_lake.publish.dashboard.serving.kpis import served_deliveries
from ecom_lake.publish.dashboard.span import Span, with_months_before
from ecom_lake.publish.dashboard.stacked import StackedBar, StackedRow, stacked
from ecom_lake.publish.dashboard.tiles import Share, TileColumn, TileRow, Tiles, tiles_of
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import percent

OPTIONS = {"stages": ("state", "month"), "sellers": ("late", "largest", "best")}
KPIS = ("orders", "late_rate", "avg_lead_days", "avg_review", "cancel_rate")
STATES = 12
"""States that have a row of their own; the others share one."""
FEWEST_MONTHS, MOST_MONTHS = 12, 24
DAYS = ("lead", "approval", "handling", "transit")
STAGES = {
    "approval": "order to approval",
    "handling": "approval to carrier",
    "transit": "carrier to customer",
    "unsplit": "stage not known",
}
SCORES = {f"score{score}": f"{score} star{'s' if score > 1 else ''}" for score in range(1, 6)}
_TILES_ARE = "Late orders among the valid orders that were delivered and have a promised date, by month of the order and state."
_STAGES_ARE = "Mean days of each stage of the valid orders that were delivered; the value is the mean from order to delivery."
_REVIEWS_ARE = "Shares of the scores among the reviews created in each month, whatever the status of their orders."


@dataclass(frozen=True)
class LateTiles:
    chart: Tiles | None
    """None where no order has both dates."""
    why: Why


@dataclass(frozen=True)
class Stages:
    bars: Sequence[StackedBar]
    names: Mapping[str, str]
    why: Why


@dataclass(frozen=True)
class Reviews:
    bars: Sequence[StackedBar]
    names: Mapping[str, str]
    why: Why


@dataclass(frozen=True)
class Delivery:
    figures: Sequence[Figure]
    late: LateTiles | None
    stages: Stages | None
    sellers: Sellers | None
    reviews: Reviews | None
    effect: LateEffect | None
    risk: ReviewRisk | None


def delivery(view: View) -> Delivery:
    late = stages = reviews = None
    if view.span and view.release.has("delivery_performance"):
        late, stages = _late(view, _context(view, view.span)), _stages(view, view.span)
    if view.span and view.release.has("review_summary"):
        reviews = _reviews(view, _context(view, view.span))
    return Delivery(
        figures(view, _kpis(view.filters)), late, stages, sellers(view), reviews, late_effect(view), review_risk(view)
    )


def _kpis(filters: Filters) -> Sequence[str]:
    """A filter by category or product takes the orders with valid lines: a canceled order has none, so the rate would be 0."""
    by_line = "category" in filters.members or "product" in filters.members
    return [name for name in KPIS if name != "cancel_rate" or not by_line]


def delivered_query(filters: Filters, span: Span) -> Query:
    """Counts and sums of days of the delivered orders under the filters, by month and state."""
    days = ", ".join(f"sum({stage}_days) as {stage}_days, count({stage}_days) as {stage}_orders" for stage in DAYS)
    sql = f"""\
with
{chosen_orders(filters, span)}
select month, coalesce(state, 'unknown') as state,
    count(*) as delivered_orders,
    count(is_late) as promised_orders,
    count(*) filter (where is_late) as late_orders,
    {days}
from chosen
where is_valid and status = 'delivered'
group by 1, 2
order by 1, 2"""
    return Query(sql, chosen_values(filters, span), served_deliveries(filters))


def _context(view: View, span: Span) -> Span:
    """The chosen months and as many before as make a year, but no more than two years."""
    return with_months_before(span, view.months, FEWEST_MONTHS, MOST_MONTHS)


def _late(view: View, shown: Span) -> LateTiles:
    query = delivered_query(_without_state(view.filters), shown)
    rows = view.release.rows(query)
    evidence = why_of_span(view, shown, _TILES_ARE, query, "delivery_performance", without="state")
    if not any(row["promised_orders"] for row in rows):
        return LateTiles(None, evidence)
    columns = _columns(view, shown)
    return LateTiles(Tiles(columns, _tile_rows(view, rows, columns)), evidence)


def _tile_rows(view: View, rows: Sequence[Row], columns: Sequence[TileColumn]) -> list[TileRow]:
    chosen = view.filters.members.get("state")
    orders: dict[str, int] = defaultdict(int)
    for row in rows:
        orders[row["state"]] += row["delivered_orders"]
    largest = sorted(orders, key=lambda state: (-orders[state], state))
    named = [state for place, state in enumerate(largest) if place < STATES or state == chosen]
    noun = "orders delivered late"

    def shares(*states: str) -> dict[date, Share]:
        found: dict[date, Share] = {}
        for row in rows:
            if row["state"] in states:
                so_far = found.get(row["month"], Share(0, 0))
                found[row["month"]] = Share(so_far.part + row["late_orders"], so_far.whole + row["promised_orders"])
        return found

    made = [TileRow("all states", "", False, tiles_of("All states", shares(*largest), columns, noun, view.month_url))]
    for state in named:
        tiles = tiles_of(state, shares(state), columns, noun, lambda month, state=state: view.cell_url(month, "state", state))  # type: ignore[misc]
        made.append(TileRow(state, view.toggled("state", state), state == chosen, tiles))
    if others := [state for state in largest if state not in named]:
        label = f"{len(others)} others"
        made.append(TileRow(label, "", False, tiles_of(label, shares(*others), columns, noun, view.month_url)))
    return made


def _columns(view: View, shown: Span) -> list[TileColumn]:
    return [
        TileColumn(one.month, view.month_url(one.month), one.is_complete, view.span == Span(one.month, one.month))
        for one in view.months
        if shown.first <= one.month <= shown.last
    ]


def _stages(view: View, span: Span) -> Stages:
    by_month, chosen = view.options["stages"] == "month", view.filters.members.get("state")
    query = delivered_query(view.filters if by_month else _without_state(view.filters), span)
    rows = view.release.rows(query)
    if by_month:
        means = _means(rows, "month")
    else:
        largest = sorted(_means(rows, "state"), key=lambda row: (-row["orders"], row["key"]))
        means = [row for place, row in enumerate(largest) if place < STATES or row["key"] == chosen]
        means.sort(key=lambda row: (-row["lead"], row["key"]))
    bars = stacked([_stage_row(view, row) for row in means])
    drawn = {part.kind for bar in bars for part in bar.parts}
    without = "" if by_month else "state"
    evidence = why_of_span(view, span, _STAGES_ARE, query, "delivery_performance", without=without)
    return Stages(bars, {kind: name for kind, name in STAGES.items() if kind in drawn}, evidence)


def _means(rows: Sequence[Row], key: str) -> list[Row]:
    """The delivered orders and the mean days of each month or state; only those with a known delivery date."""
    sums: dict[Any, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in rows:
        for name in ("delivered_orders", *(f"{stage}_{what}" for stage in DAYS for what in ("days", "orders"))):
            sums[row[key]][name] += float(row[name] or 0)
    return [
        {
            "key": member,
            "orders": int(total["delivered_orders"]),
            **{stage: total[f"{stage}_days"] / count if (count := total[f"{stage}_orders"]) else None for stage in DAYS},
        }
        for member, total in sorted(sums.items())
        if total["lead_orders"]
    ]


def _stage_row(view: View, row: Row) -> StackedRow:
    month = row["key"] if isinstance(row["key"], date) else None
    known = {stage: row[stage] for stage in ("approval", "handling", "transit")}
    unsplit = row["lead"] - sum(max(days or 0.0, 0.0) for days in known.values())
    # Rounding of the means is no stage of its own.
    parts = {**known, "unsplit": unsplit if unsplit > 0.05 else None}
    label = f"{month:%b %Y}" if month else row["key"]
    return StackedRow(
        label,
        parts,
        {stage: f"{label}: {days or 0:.1f} days, {STAGES[stage]}" for stage, days in parts.items()},
        f"{row['lead']:.1f} days",
        f"{row['orders']:,} orders",
        view.month_url(month) if month else view.toggled("state", row["key"]),
        view.span == Span(month, month) if month else view.filters.members.get("state") == row["key"],
        month is None or _is_complete(view, month),
    )


def _is_complete(view: View, month: date) -> bool:
    return next((one.is_complete for one in view.months if one.month == month), False)


def _reviews(view: View, shown: Span) -> Reviews | None:
    shares = ", ".join(f"share_{score}" for score in range(1, 6))
    query = Query(
        f"select month, reviews, avg_score, {shares}\nfrom review_summary\nwhere month between $first and $last\norder by month",
        {"first": shown.first, "last": shown.last},
    )
    rows = view.release.rows(query)
    if not rows:
        return None
    evidence = replace(why(view, _REVIEWS_ARE, query, "review_summary"), window=shown.text)
    return Reviews(stacked([_review_row(view, row) for row in rows], full=1.0), SCORES, evidence)


def _review_row(view: View, row: Row) -> StackedRow:
    month = row["month"]
    parts = {f"score{score}": row[f"share_{score}"] for score in range(1, 6)}
    return StackedRow(
        f"{month:%b %Y}",
        parts,
        {kind: f"{month:%b %Y}: {percent(share)} of the reviews have {SCORES[kind]}" for kind, share in parts.items()},
        f"{row['avg_score']:.2f}",
        f"{row['reviews']:,} reviews",
        view.month_url(month) if any(one.month == month for one in view.months) else "",
        view.span == Span(month, month),
        _is_complete(view, month),
    )


def _without_state(filters: Filters) -> Filters:
    """A filter by state marks its row and does not hide the others."""
    return replace(filters, members={name: member for name, member in filters.members.items() if name != "state"})
