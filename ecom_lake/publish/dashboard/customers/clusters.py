"""The segments that the model found: their profile and rule, and why there are so many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from ecom_lake.publish.dashboard.breakdowns import money
from ecom_lake.publish.dashboard.customers.as_of import rows_of, why_of
from ecom_lake.publish.dashboard.customers.group_table import Group, GroupTable, group_table
from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.scatter import Scatter, scatter
from ecom_lake.publish.dashboard.view import View

_PROFILE = Query(
    "select segment, is_one_time, customers, share, net_sales, net_sales_share, median_recency_days, median_purchases,"
    " median_net_sales, rule from segment_profile order by net_sales desc, segment"
)
_SELECTION = Query(
    "select buyers, k, silhouette, calinski_harabasz, bootstrap_ari, min_share, chosen, reason from segment_selection"
    " order by buyers, k"
)
_CARD = Query("select status, reason from model_cards where model = 'customer_segments'")
_SCATTER = Query("select segment, recency_from, recency_to, spend_from, spend_to, customers from segment_scatter")


@dataclass(frozen=True)
class Clusters:
    profile: GroupTable | None
    card: Row | None
    selection: Sequence[tuple[str, Sequence[Row]]]
    """The numbers of segments that were tried, by the group of customers."""
    selection_why: Why
    scatter: Scatter | None
    scatter_why: Why


def clusters(view: View) -> Clusters:
    tried = rows_of(view, "segment_selection", _SELECTION)
    return Clusters(
        group_table(view, "segment_profile", _PROFILE, "Segment", _figure_titles(view), lambda row: _group(view, row)),
        next(iter(rows_of(view, "model_cards", _CARD)), None),
        [(buyers, list(rows)) for buyers, rows in groupby(tried, lambda row: str(row["buyers"]))],
        why_of(view, "segment_selection", _SELECTION),
        scatter(rows_of(view, "segment_scatter", _SCATTER), money(view)),
        why_of(view, "segment_scatter", _SCATTER),
    )


def _has_recency(view: View) -> bool:
    """Whether the shop knows when customers ordered."""
    return bool(view.months)


def _figure_titles(view: View) -> list[str]:
    return [*(["median recency"] if _has_recency(view) else []), "median purchases", "median net sales"]


def _group(view: View, row: Row) -> Group:
    days = row["median_recency_days"]
    figures = [f"{row['median_purchases']:,.0f}", money(view)(row["median_net_sales"])]
    if _has_recency(view):
        figures.insert(0, "n/a" if days is None else f"{days:,.0f} days")
    chosen = view.filters.members.get("segment") == row["segment"]
    name = row["segment"]
    return Group.of(view, name, row, figures, {"segment": name}, row["rule"], view.toggled("segment", name), chosen)
