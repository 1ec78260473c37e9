"""What a build would do, computed from the log, the landing folder and the code. No table is read."""

from __future__ import annotations

from ecom_lake.engine.build.bronze.ingest import nothing_new
from ecom_lake.engine.build.gold import make_gold as gold
from ecom_lake.engine.build.release.acceptance import deliveries_accepted
from ecom_lake.engine.build.release.offer import gold_tables
from ecom_lake.engine.build.release.plain_view import is_up_to_date
from ecom_lake.engine.build.release.release import is_released
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver import make_silver as silver
from ecom_lake.engine.build.silver import order_index
from ecom_lake.engine.build.silver.specs import silver_tables
from ecom_lake.engine.store.entry import Entry


def due(site: Site) -> list[str]:
    """The tables that are out of date, in build order. Tables that depend on them may become out of date as well."""
    head = site.lake.log.head()
    waiting = [] if nothing_new(site, head) else ["landing"]
    if not order_index.is_current(site, head):
        waiting.append(str(order_index.TABLE))
    waiting += [f"silver/{table}" for table in silver_tables(site) if not silver.is_current(site, head, table)]
    waiting += [f"gold/{table}" for table in gold_tables(site) if not gold.is_current(site, head, table)]
    if not _is_fully_released(site, head):
        waiting.append("gold/release")
    return waiting


def _is_fully_released(site: Site, head: Entry) -> bool:
    """Whether the newest state, or the pinned release, is published, and no newer delivery blocks a release."""
    shown = site.lake.log.released()
    if shown is None or not (head.pinned or is_released(site, head)):
        return False
    return is_up_to_date(site, shown) and deliveries_accepted(site, head).passed
