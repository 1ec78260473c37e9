"""What the sections of the page share: the as-of date, and evidence of a table that filters do not change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ecom_lake.publish.dashboard.evidence import Why, why
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.view import View

_AS_OF = Query("select max(as_of) as as_of from rfm", served="select max(as_of) as as_of from rfm_cells")


def as_of_text(view: View) -> str:
    """All customers, and up to which day their orders count."""
    if not view.release.has("rfm"):
        return "all customers"
    return f"all customers as of {view.release.rows(_AS_OF)[0]['as_of']}"


def rows_of(view: View, table: str, query: Query) -> Sequence[Row]:
    """No rows where the shop does not have the table."""
    return view.release.rows(query) if view.release.has(table) else ()


def why_of(view: View, table: str, query: Query) -> Why:
    """Evidence of the whole shop: the definition is what a row of the table is."""
    grain = view.release.site.registry.table(table).grain
    return replace(why(view, grain, query, table), window=as_of_text(view))


def number(value: Any) -> float | None:
    return None if value is None else float(value)
