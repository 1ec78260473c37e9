"""The audiences of a release: RFM segments, clusters, and deciles of churn risk and of predicted value.

An audience is named by its source and group, such as `rfm: at risk` or `value: decile 1`; decile 1 has the highest risk or value.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

import polars as pl

from ecom_lake.engine.build.gold.table_rows import gold_rows
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UsageError

_RANK = pl.struct(pl.col("predicted_value"), pl.col("customer_id")).rank("ordinal", descending=True)
_VALUE_DECILE = (_RANK - 1) * 10 // pl.len() + 1
SOURCES = {
    "rfm": ("rfm", pl.col("segment")),
    "segment": ("customer_segments", pl.col("segment")),
    "churn risk": ("churn_scores", pl.format("decile {}", pl.col("decile"))),
    "value": ("customer_value", pl.format("decile {}", _VALUE_DECILE)),
}
"""By name: the gold table, and the group of each of its customers."""
_SCORED = {"value": pl.col("predicted_value").is_not_null()}
"""The rows that have a group; all rows of the other tables do."""

Audiences = Mapping[str, Sequence[str]]
"""By name: the ids of the customers, in order."""


def audiences(site: Site, entry: Entry) -> Audiences:
    found: dict[str, Sequence[str]] = {}
    for source, (table, group) in SOURCES.items():
        rows = gold_rows(site, entry, table).filter(_SCORED.get(source, True))
        grouped = rows.select("customer_id", group=group).sort("group", "customer_id").group_by("group", maintain_order=True)
        found |= {f"{source}: {name}": members["customer_id"].to_list() for (name,), members in grouped}
    return found


def find(found: Audiences, name: str) -> str:
    """The full name of an audience; its source may be left out where only one has the group."""
    wanted = " ".join(name.split()).casefold()
    matches = [one for one in found if wanted in (one.casefold(), one.casefold().partition(": ")[2])]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UsageError(f"'{name}' is a group of several sources: {', '.join(matches)}. Name one of them in full.")
    near = difflib.get_close_matches(wanted, [one.casefold() for one in found], 1)
    hint = f"did you mean '{near[0]}'? " if near else ""
    raise UsageError(f"There is no audience '{name}': {hint}`ecom-lake audience` lists them.")
