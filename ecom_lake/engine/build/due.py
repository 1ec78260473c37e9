"""What a build would do, computed from the log, the landing folder and the code. No table is read."""

from __future__ import annotations

from ecom_lake.engine.build.bronze.ingest import nothing_new
from ecom_lake.engine.build.outdated import definitions, outdated
from ecom_lake.engine.build.release.acceptance import deliveries_accepted
from ecom_lake.engine.build.release.plain_view import is_up_to_date
from ecom_lake.engine.build.release.release import is_released
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.store.entry import Entry


def due(site: Site) -> list[str]:
    """The tables that are out of date, in build order. Tables that depend on them may become out of date as well."""
    head, shown = site.lake.log.head(), site.lake.log.released()
    waiting = [] if nothing_new(site, head) else ["landing"]
    # Without reading what each table was built from: a remote store would need a request for each.
    unchanged = shown is not None and head.tables == shown.tables and shown.definitions == definitions(site)
    if not unchanged:
        waiting += outdated(site, head)
    if shown is None or not _is_fully_released(site, head, shown, unchanged):
        waiting.append("gold/release")
    return waiting


def _is_fully_released(site: Site, head: Entry, shown: Entry, unchanged: bool) -> bool:
    """Whether the newest state, or the pinned release, is published, and no newer delivery blocks a release."""
    if not (head.pinned or is_released(site, head)) or not is_up_to_date(site, shown):
        return False
    was_accepted = unchanged and head.landing == shown.landing
    return was_accepted or deliveries_accepted(site, head).passed
