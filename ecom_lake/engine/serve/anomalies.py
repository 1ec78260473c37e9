"""Deviations from the shop's own history: anomalous months, from the table `anomalies`, and an overdue delivery."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from statistics import median

import polars as pl

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry

LEAST_GAPS = 5
LATE = 3
"""A delivery is overdue after this many times the median gap."""


def standing_out(site: Site, entry: Entry) -> tuple[str, ...]:
    """The sentences, newest month first, and within a month by the size of the score."""
    files = entry.parts(TableId("gold", site.registry.domain.roles.anomalies)).values()
    found = [pl.read_parquet(site.lake.local(file), glob=False).filter("is_anomaly") for file in files]
    if not found:
        return ()
    rows = pl.concat(found).sort("month", pl.col("score").abs(), "sentence", descending=[True, True, False])
    return tuple(rows["sentence"].to_list())


def deliveries(entry: Entry) -> list[datetime]:
    """The times of all deliveries, in UTC."""
    delivered = (file.delivery for table, parts in entry.tables.items() if table.layer == "bronze" for file in parts.values())
    return sorted({datetime.fromisoformat(one.delivered_at).replace(tzinfo=None) for one in delivered if one})


def overdue(delivered: Sequence[datetime], now: datetime) -> str | None:
    """A sentence if the time since the last delivery is long, compared with the gaps between the days of earlier deliveries."""
    days = sorted({moment.date() for moment in delivered})
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    if len(gaps) < LEAST_GAPS:
        return None
    usual = median(gaps)
    waited = (now.date() - days[-1]).days
    if waited <= LATE * usual:
        return None
    return (
        f"Nothing was delivered for {waited} days; the median gap between deliveries is {usual:g} day{'' if usual == 1 else 's'}."
    )
