"""The RFM part of the page: the grid of scores, the segments, their history, and who moved between them.

The grid follows the filters by customer segment and state, which a customer has; the other charts are of the whole shop.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from ecom_lake.publish.dashboard.breakdowns import money
from ecom_lake.publish.dashboard.customers.as_of import as_of_text, rows_of, why_of
from ecom_lake.publish.dashboard.customers.group_table import Group, GroupTable, group_table
from ecom_lake.publish.dashboard.customers.who import who_url
from ecom_lake.publish.dashboard.evidence import Why, why
from ecom_lake.publish.dashboard.flows import Flow, Flows, flows
from ecom_lake.publish.dashboard.heatmap import Cell, HeatMap, HeatRow, shade
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.shares_by_month import SharesByMonth, shares_by_month
from ecom_lake.publish.dashboard.view import View

SCORES = (1, 2, 3, 4, 5)
MONTHS = 36
"""Ends of months that the history shows at most."""
_AXES = {"frequency": ("f", "Frequency: number of purchases"), "spend": ("m", "Spend: fifth of customers by net sales")}
_SEGMENTS = Query(
    "select segment, customers, share, net_sales, net_sales_share, avg_recency_days, avg_frequency, avg_monetary"
    " from rfm_segments order by net_sales desc, segment"
)
_HISTORY = Query("select as_of, segment, customers from rfm_history order by as_of, segment")
_MIGRATION = Query(
    "select as_of, from_segment, to_segment, customers from rfm_migration"
    " where as_of = (select max(as_of) from rfm_migration) order by customers desc, from_segment, to_segment"
)


@dataclass(frozen=True)
class Grid:
    map: HeatMap
    why: Why
    window: str
    customers: int


@dataclass(frozen=True)
class Migration:
    flows: Flows | None
    stayed: int
    moved: int
    arrived: int
    as_of: date
    why: Why


@dataclass(frozen=True)
class Rfm:
    grid: Grid | None
    segments: GroupTable | None
    history: SharesByMonth | None
    history_why: Why
    migration: Migration | None


def rfm(view: View) -> Rfm:
    return Rfm(
        _grid(view) if view.release.has("rfm") else None,
        _segments(view),
        _history(view),
        why_of(view, "rfm_history", _HISTORY),
        _migration(view),
    )


def _grid(view: View) -> Grid:
    score, title = _AXES[view.options["grid"]]
    query = _grid_query(view, score)
    found = {(row["r"], row["score"]): row for row in view.release.rows(query)}
    most = max((row["customers"] for row in found.values()), default=0)
    bands = _bands(view, score)
    rows = [
        HeatRow(f"{score.upper()} {up}", [_cell(view, found.get((r, up)), score, r, up, most) for r in SCORES], bands.get(up, ""))
        for up in reversed(SCORES)
    ]
    window = ", ".join([as_of_text(view), *(f"{name} {member}" for name, member in _members(view).items())])
    definition = "Customers with a valid order and their net sales, by recency score and by the score of the rows."
    evidence = replace(why(view, definition, query, "rfm"), window=window)
    across = "Recency score: 5 is the most recent fifth of customers"
    grid = HeatMap("Customers by RFM scores", across, title, [f"R {r}" for r in SCORES], rows, "values")
    return Grid(grid, evidence, window, sum(row["customers"] for row in found.values()))


def _grid_query(view: View, score: str) -> Query:
    members = _members(view)
    joins = {
        "segment": "\nleft join customer_segments as g on g.customer_id = r.customer_id",
        "state": "\nleft join dim_customer as d on d.customer_id = r.customer_id",
    }
    conditions = {"segment": "coalesce(g.segment, 'not scored') = $segment", "state": "coalesce(d.state, 'unknown') = $state"}
    sql = f"""select r.r, r.{score} as score, count(*) as customers, sum(r.monetary) as net_sales
from rfm as r{"".join(joins[name] for name in members)}
where {" and ".join(conditions[name] for name in members) or "true"}
group by r.r, r.{score}
order by r.r, r.{score}"""
    served = f"""select r, {score} as score, sum(customers)::bigint as customers, sum(net_sales) as net_sales
from rfm_cells
where {" and ".join(f"{name} = ${name}" for name in members) or "true"}
group by r, {score}
order by r, {score}"""
    return Query(sql, members, served)


def _members(view: View) -> dict[str, str]:
    """The filters that choose customers rather than orders."""
    known = {"segment": "customer_segments", "state": "dim_customer"}
    return {name: member for name, member in view.filters.members.items() if view.release.has(known.get(name, ""))}


def _bands(view: View, score: str) -> dict[int, str]:
    """The range of purchases or of net sales that each score stands for, among all customers."""
    column = {"f": "frequency", "m": "monetary"}[score]
    query = Query(
        f"select {score} as score, min({column}) as low, max({column}) as high from rfm group by {score} order by {score}",
        served=f"select {score} as score, min({column}_low) as low, max({column}_high) as high from rfm_cells group by {score}"
        f" order by {score}",
    )
    text = money(view) if score == "m" else "{:,}".format
    return {
        row["score"]: text(row["low"]) if row["low"] == row["high"] else f"{text(row['low'])} to {text(row['high'])}"
        for row in view.release.rows(query)
    }


def _cell(view: View, row: Row | None, score: str, r: int, up: int, most: int) -> Cell:
    if row is None:
        return Cell("0", "", 0, "no customer")
    chosen = {"r": r, score: up, **_members(view)}
    url = who_url(view, **chosen) if view.sees_people else ""
    amount = money(view)(row["net_sales"])
    title = f"{row['customers']:,} customers, net sales {amount}"
    return Cell(f"{row['customers']:,}", amount, shade(row["customers"], most), title, url)


def _segments(view: View) -> GroupTable | None:
    return group_table(
        view,
        "rfm_segments",
        _SEGMENTS,
        "RFM segment",
        ("mean recency", "mean purchases", "mean net sales"),
        lambda row: Group.of(
            view,
            row["segment"],
            row,
            (_days(row["avg_recency_days"]), f"{row['avg_frequency']:.1f}", money(view)(row["avg_monetary"])),
            {"rfm": row["segment"]},
        ),
    )


def _days(days: float | None) -> str:
    return "n/a" if days is None else f"{days:,.0f} days"


def _history(view: View) -> SharesByMonth | None:
    counts: dict[date, dict[str, int]] = defaultdict(dict)
    for row in rows_of(view, "rfm_history", _HISTORY):
        counts[row["as_of"].replace(day=1)][row["segment"]] = row["customers"]
    return shares_by_month("Customers by RFM segment at the end of each month", list(counts.items())[-MONTHS:], names(view))


def names(view: View) -> Sequence[str]:
    """The segments in the order of the contract: the most valuable first."""
    return view.release.site.registry.table("rfm_history").columns["segment"].one_of


def _migration(view: View) -> Migration | None:
    rows = rows_of(view, "rfm_migration", _MIGRATION)
    if not rows:
        return None
    moves = [row for row in rows if row["from_segment"] not in ("none", row["to_segment"])]
    stayed = sum(row["customers"] for row in rows if row["from_segment"] == row["to_segment"])
    arrived = sum(row["customers"] for row in rows if row["from_segment"] == "none")
    chart = flows(
        "Customers who moved between RFM segments",
        [Flow(row["from_segment"], row["to_segment"], row["customers"]) for row in moves],
        names(view),
        "customers",
    )
    moved = sum(row["customers"] for row in moves)
    return Migration(chart, stayed, moved, arrived, rows[0]["as_of"], why_of(view, "rfm_migration", _MIGRATION))
