"""Deleting delivered data by age, layer by layer, as `[shops.NAME.retention]` states: landed files, and the text of rejects.

A landed file goes when the released state has every delivery in it; a file that was refused, in part or entirely, stays until
somebody corrects or deletes it. The rejects keep their counts, places and reasons, so that the ledger stays the same: only
their text goes. Each run ends by looking again: what should be gone and is not, is reported.
Not here: texts of reviews by age, which the build empties (erasure/old_texts.py), old states, which hold what was emptied until
they go (retention.py).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ecom_lake import logs
from ecom_lake.engine.build.bronze.ingest import landed_files
from ecom_lake.engine.build.erasure.old_texts import has_old_texts
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.store.entry import Entry, File
from ecom_lake.engine.store.log import ConflictError
from ecom_lake.engine.store.store import Info
from ecom_lake.errors import UserError
from ecom_lake.words import counted

REJECTS = "rejects"
_TEXT = "raw"
_Place = tuple[TableId, Part, File]


def is_overdue(site: Site) -> bool:
    """Whether something is older than it may become."""
    kept, head = site.shop.retention, site.lake.log.head()
    if head.pinned or (kept.landing_days is None and kept.rejects_days is None and kept.texts_days is None):
        return False  # a pinned lake releases nothing, and so deletes nothing
    return bool(overdue_landing(site, head) or overdue_rejects(site, head) or has_old_texts(site, head))


def delete_overdue(site: Site) -> list[str]:
    """Delete what is older than it may become; sentences about what was deleted, and about what could not be.

    The release has been made: a failure is reported, and the next run deletes what this one left."""
    if not is_overdue(site):
        return []
    try:
        notes = [*_delete_landing(site), *_empty_rejects(site)]
        left = len(overdue_landing(site, site.lake.log.head())) + len(overdue_rejects(site, site.lake.log.head()))
    except (UserError, ConflictError, OSError) as error:
        why = str(error) if isinstance(error, UserError | ConflictError) else type(error).__name__
        logs.log_event("retention failed", logging.WARNING, why=why)
        return [f"What is older than [retention] allows was not deleted: {why}"]
    if has_old_texts(site, site.lake.log.head()):
        notes.append("Texts came meanwhile that are older than retention.texts_days allows: the next build empties them.")
    if left:
        notes.append(f"{counted(left, 'file')} older than [retention] allows {'is' if left == 1 else 'are'} still there.")
    return notes


def overdue_landing(site: Site, head: Entry) -> list[Info]:
    """The landed files that are older than they may become, and that bronze has entirely."""
    if (days := site.shop.retention.landing_days) is None or head.release is None:
        return []
    before, stored = datetime.now(UTC) - timedelta(days=days), _stored_files(site.lake.log.entry(head.release))
    old = [info for info in landed_files(site) if info.modified <= before and _is_stored(head, info, set(stored))]
    return [
        info
        for info in old
        if all(_is_stored_since(site, stored[one], before) for one in head.landing[info.path].hash.split("+"))
    ]


def _stored_files(entry: Entry) -> dict[str, File]:
    """The bronze file of each delivered content."""
    bronze = (parts for table, parts in entry.tables.items() if table.layer == "bronze")
    return {file.delivery.content_hash: file for parts in bronze for file in parts.values() if file.delivery}


def _is_stored_since(site: Site, file: File, before: datetime) -> bool:
    """Whether the lake has had the file for so long: a landed file may be older than the day on which it came."""
    try:
        return site.lake.store.info(f"{site.shop.name}/{file.path}").modified <= before
    except FileNotFoundError:
        return False


def _is_stored(head: Entry, info: Info, stored: set[str]) -> bool:
    landed = head.landing.get(info.path)
    if landed is None or landed.stamp != info.stamp or landed.refused or info.refused or not landed.hash:
        return False
    return stored.issuperset(landed.hash.split("+"))


def overdue_rejects(site: Site, head: Entry) -> list[_Place]:
    """The parts of rejects that still have text, of deliveries that are older than it may become."""
    if (days := site.shop.retention.rejects_days) is None:
        return []
    before = datetime.now(UTC) - timedelta(days=days)
    parts = [
        (table, part, file) for table, parts in head.tables.items() if table.layer == REJECTS for part, file in parts.items()
    ]
    old = [place for place in parts if _is_older(place[2], f"{before:%Y-%m-%d %H:%M:%S}") and not place[2].first_hash]
    return [place for place in old if _is_stored_since(site, place[2], before)]


def _is_older(file: File, before: str) -> bool:
    return file.delivery is not None and file.delivery.delivered_at <= before


def _delete_landing(site: Site) -> Iterator[str]:
    overdue = overdue_landing(site, site.lake.log.head())
    if not overdue:
        return
    site.lake.landing.each(lambda info: _delete_unchanged(site, info), overdue)
    there = {info.path for info in landed_files(site)}
    overdue = [info for info in overdue if info.path not in there]
    gone = {info.path for info in overdue}
    if not gone:
        return
    site.lake.log.commit(
        lambda head: replace(head, landing={path: landed for path, landed in head.landing.items() if path not in gone}),
        site.run,
        "landing, expired files deleted",
    )
    size = sum(info.size for info in overdue)
    logs.log_event("landing expired", files=len(overdue), bytes=size)
    yield f"Deleted {counted(len(overdue), 'landed file')}, {size / 1e6:,.1f} MB, that bronze has: retention.landing_days."


def _delete_unchanged(site: Site, info: Info) -> None:
    """Another file may have come under the same name meanwhile."""
    try:
        if site.lake.landing.info(info.path).stamp == info.stamp:
            site.lake.landing.delete(info.path)
    except FileNotFoundError:
        return


def _empty_rejects(site: Site) -> Iterator[str]:
    overdue = overdue_rejects(site, site.lake.log.head())
    if not overdue:
        return
    emptied = [(table, part, file, _without_text(site, table, part, file)) for table, part, file in overdue]

    def with_emptied(head: Entry) -> Entry:
        for table, part, before, after in emptied:
            if head.parts(table).get(part) == before:
                head = head.with_parts(table, {part: after})
        return head

    site.lake.log.commit(with_emptied, site.run, "rejects, expired texts deleted")
    records = sum(file.rows for _, _, file in overdue)
    logs.log_event("rejects expired", records=records)
    yield f"Deleted the text of {counted(records, 'rejected record')}: retention.rejects_days."


def _without_text(site: Site, table: TableId, part: Part, file: File) -> File:
    """The same rows without their text. It keeps the version of the first file: no table is made from the text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = pq.read_table(site.lake.local(file))
    column = rows.schema.get_field_index(_TEXT)
    with site.lake.scratch() as scratch:
        target = scratch / "rejects.parquet"
        pq.write_table(
            rows.set_column(column, rows.schema.field(column), pa.nulls(len(rows), pa.string())), target, compression="zstd"
        )
        published = site.lake.publish(target, table, part, replace(file, run=site.run), None)
    return replace(published, first_hash=file.content)
