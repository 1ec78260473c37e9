"""Texts that customers wrote are emptied by age, as `retention.texts_days` states: in landing and bronze; silver follows.

The age of a text is that of its own row, so that a full dump, which is always new, brings no old text back: a delivery comes into
bronze without them. Where a row has no date that can be read, or one in the future, the age is unknown and the text goes. The
texts of a calendar month go together, when the first of them is old enough, because the deliveries that hold them are written
again, and their months are built again. The log names the first day of which bronze may have texts (`Entry.texts_since`).
Not here: which columns hold texts (contracts/delivered.py), landed files and rejects by age (maintenance/expiry.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import reduce
from operator import or_

import polars as pl

from ecom_lake import logs
from ecom_lake.engine.build.bronze.merging import SEQUENCE
from ecom_lake.engine.build.erasure.arrivals import RECORD, Arrival, Dropped, positions
from ecom_lake.engine.build.erasure.changed_bronze import DeliveryChange, Places, files_of_table, new_parts, rows_of_file
from ecom_lake.engine.build.erasure.changed_state import stage_landing, with_changes
from ecom_lake.engine.build.erasure.landed import replace_landed
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.built_with import commit_made
from ecom_lake.engine.contracts.delivered import Delivered
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.landing.record_editing import Edits
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UserError
from ecom_lake.words import counted

BATCH_BYTES = 256 << 20
"""Rows of changed deliveries that are in memory, and in one commit. A bronze file of more is a batch of its own."""
_ISO_DATE = 10
_DAY = timedelta(days=1)


def texts_since(site: Site) -> str:
    """The first day of which texts may stay, as an ISO date; empty if they stay for ever."""
    days = site.shop.retention.texts_days
    if days is None:
        return ""
    month = (site.today - timedelta(days=days)).replace(day=1)
    return f"{(month + timedelta(days=31)).replace(day=1):%Y-%m-%d}"


def has_old_texts(site: Site, head: Entry) -> bool:
    """Whether bronze may have texts that are older than they may become, computed from the log. A pinned lake deletes nothing."""
    return head.number > 0 and not head.pinned and head.texts_since < texts_since(site)


def texts_since_after(head: Entry, has_bronze: bool, since: str) -> str:
    """What a state can name once deliveries without texts before `since` were added."""
    return min(head.texts_since, since) if has_bronze else since


def empty_old_texts(site: Site, head: Entry) -> dict[str, str]:
    """Empty what is too old in landing and bronze; a sentence for each delivered table with such texts. The build that follows
    makes silver from it.

    Each batch is committed for itself, and the day that the log names last: a killed process leaves the other batches to the next
    build."""
    replace_landed(site)  # a killed process may have left files of its last batch
    since, seen = texts_since(site), head
    counts, renamed = dict[str, int](), dict[str, str]()
    for changes in _batches(site, head, since):
        seen = _empty_batch(site, seen, changes, since, renamed)
        for change in changes.values():
            counts[change.table.name] = counts.get(change.table.name, 0) + len(change.changed)
    _name_emptied(site, since)
    logs.log_event("texts emptied", before=since, rows=sum(counts.values()))
    return {
        table: f"Emptied the texts of {counted(rows, 'delivered row')} from before {since}: retention.texts_days."
        for table, rows in counts.items()
    }


def _empty_batch(site: Site, seen: Entry, changes: Mapping[int, DeliveryChange], since: str, renamed: dict[str, str]) -> Entry:
    """The state after these changes. `renamed`: the new content hashes of all batches; equal contents stay equal."""
    contents = stage_landing(site, seen, changes, mentions=lambda _: False, may_remove=True) | {
        change.content: renamed[change.content] for change in changes.values() if change.content in renamed
    }
    renamed |= contents
    parts = new_parts(site, seen, changes, contents)
    message = f"bronze, texts before {since} emptied"
    after = commit_made(site, lambda latest: with_changes(site, latest, seen, parts, contents), message)
    replace_landed(site)
    return after


def _name_emptied(site: Site, since: str) -> None:
    """Search bronze once more; then the log names the day. What came after the search was not searched."""
    searched = site.lake.log.head()
    if left := sum(len(_old(rows, table, since, site.today)) for table, _, rows in _files(site, searched)):
        raise UserError(f"{counted(left, 'text')} from before {since} could not be emptied: run the build again.")

    def named(latest: Entry) -> Entry:
        is_same = all(latest.version(table) == searched.version(table) for table in _bronze(site))
        return replace(latest, texts_since=since) if is_same else latest

    commit_made(site, named, f"no texts before {since}")


def empty_arrivals(site: Site, arrivals: Mapping[str, Arrival], since: str) -> dict[str, Edits]:
    """Rewrite the arrivals with texts from before `since`; returns the edits of their landed files."""
    edits: dict[str, Edits] = {}
    for name, arrival in arrivals.items():
        if not arrival.table.texts:
            continue
        rows = pl.read_parquet(arrival.rows, glob=False)
        if len(old := _old(rows, arrival.table, since, site.today)):
            _emptied(rows, arrival.table, old[RECORD]).write_parquet(arrival.rows, compression="zstd", statistics=False)
            edits[name] = Edits(changed=_places(rows, old), kept=_kept(rows, arrival.table))
    if edits:
        logs.log_event("old texts not stored", before=since, rows=sum(len(one.changed) for one in edits.values()))
    return edits


def with_emptied(dropped: Dropped | None, emptied: Edits | None, rows: int) -> Dropped:
    """What goes of an arrival. `rows`: how many it has."""
    found = dropped or Dropped(rows, 0, Edits())
    return replace(found, edits=replace(found.edits, changed=emptied.changed, kept=emptied.kept)) if emptied else found


def _batches(site: Site, entry: Entry, since: str) -> Iterator[dict[int, DeliveryChange]]:
    """Changes by number of the delivery. The deliveries of a bronze file, which is in memory, are in one batch."""
    batch, size = dict[int, DeliveryChange](), 0
    for table, places, rows in _files(site, entry):
        changes = _changes(table, places, rows, since, site.today)
        batch |= changes
        size += sum(int(change.rows.estimated_size()) for change in changes.values())
        if batch and size >= BATCH_BYTES:
            yield batch
            batch, size = {}, 0
    if batch:
        yield batch


def _changes(table: Delivered, places: Places, rows: pl.DataFrame, since: str, today: date) -> dict[int, DeliveryChange]:
    """What changes of the deliveries in one file of bronze."""
    found: dict[int, DeliveryChange] = {}
    contents = {file.delivery.sequence: file.delivery.content_hash for _, file in places if file.delivery}
    for (number,), old in _old(rows, table, since, today).group_by(SEQUENCE):
        its_rows = rows.filter(pl.col(SEQUENCE) == number)
        emptied, kept = _emptied(its_rows, table, old[RECORD]), _kept(rows, table)
        found[number] = DeliveryChange(table, contents[number], emptied, kept, changed=_places(its_rows, old))
    return found


def _bronze(site: Site) -> dict[TableId, Delivered]:
    """The tables with texts."""
    return {TableId("bronze", delivered.name): delivered for delivered in site.connector.delivered if delivered.texts}


def _files(site: Site, entry: Entry) -> Iterator[tuple[Delivered, Places, pl.DataFrame]]:
    for table, delivered in _bronze(site).items():
        for _, places in files_of_table(entry, table):
            yield delivered, places, rows_of_file(site, places)


def _old(rows: pl.DataFrame, table: Delivered, since: str, today: date) -> pl.DataFrame:
    """The rows with a text that was written before a day, or whose age is unknown."""
    texts, times = ([name for name in names if name in rows.columns] for names in (table.texts, table.written_at))
    has_text = reduce(or_, ((pl.col(name).str.strip_chars() != "").fill_null(False) for name in texts), pl.lit(False))
    dates = [pl.col(name).str.strip_chars().str.slice(0, _ISO_DATE).str.to_date("%Y-%m-%d", strict=False) for name in times]
    written = pl.coalesce(dates) if dates else pl.lit(None, pl.Date)
    is_young = written.is_between(date.fromisoformat(since), today + _DAY).fill_null(False)
    return rows.filter(has_text & ~is_young)


def _emptied(rows: pl.DataFrame, table: Delivered, records: pl.Series) -> pl.DataFrame:
    is_old = pl.col(RECORD).is_in(records.to_list())
    names = [name for name in table.texts if name in rows.columns]
    return rows.with_columns(pl.when(~is_old).then(pl.col(name)).alias(name) for name in names)


def _places(rows: pl.DataFrame, old: pl.DataFrame) -> dict[int, Mapping[str, str]]:
    """The positions of the old rows of a delivery among all its rows, without any new id."""
    place = positions(rows[RECORD])
    return {place[number]: {} for number in old[RECORD]}


def _kept(rows: pl.DataFrame, table: Delivered) -> frozenset[str]:
    """The columns whose values stay, also those without a name."""
    return frozenset(rows.columns) - set(table.texts) | {""}
