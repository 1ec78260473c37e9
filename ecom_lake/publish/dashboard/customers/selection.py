"""A choice of customers: by scores, segment, persona, loyalty tier, state or the start of their id.

Here: its address and its condition in SQL. Not here: the list that it selects (who.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from ecom_lake.errors import UsageError
from ecom_lake.publish.dashboard.served_release import ServedRelease

_CONDITIONS = {
    "rfm": ("RFM segment", "rfm", "r.segment = $rfm"),
    "r": ("recency score", "rfm", "r.r = $r::bigint"),
    "f": ("frequency score", "rfm", "r.f = $f::bigint"),
    "m": ("monetary score", "rfm", "r.m = $m::bigint"),
    "segment": ("customer segment", "customer_segments", "coalesce(g.segment, 'not scored') = $segment"),
    "persona": ("persona", "customer_metrics", "c.persona = $persona"),
    "loyalty_tier": ("loyalty tier", "customer_metrics", "c.loyalty_tier = $loyalty_tier"),
    "state": ("state", "dim_customer", "coalesce(d.state, 'unknown') = $state"),
    "id": ("id starting with", "customer_metrics", "starts_with(c.customer_id, $id)"),
}
"""By parameter: how a person reads it, the table that it needs, and its condition."""
_SCORES = ("r", "f", "m")


@dataclass(frozen=True)
class Selection:
    chosen: Mapping[str, str]

    @property
    def text(self) -> str:
        return ", ".join(f"{_CONDITIONS[name][0]} {value}" for name, value in self.chosen.items()) or "all customers"

    @property
    def condition(self) -> str:
        """On customer_metrics as c, dim_customer as d, customer_segments as g and rfm as r."""
        return " and ".join(_CONDITIONS[name][2] for name in self.chosen) or "true"

    @property
    def query(self) -> str:
        return urlencode(self.chosen)


def read_selection(release: ServedRelease, query: Mapping[str, str]) -> Selection:
    """Raises `UsageError`, one sentence, for a score that is none, or a choice that the shop cannot make."""
    chosen = {name: value for name in _CONDITIONS if (value := query.get(name))}
    for name, value in chosen.items():
        if name in _SCORES and value not in ("1", "2", "3", "4", "5"):
            raise UsageError(f"{name} must be a score from 1 to 5, not '{value}'.")
        if not release.has(table := _CONDITIONS[name][1]):
            raise UsageError(f"Customers cannot be chosen by {_CONDITIONS[name][0]}: {release.absent.get(table, f'no {table}.')}")
    return Selection(chosen)
