"""Landing to bronze: each new content is stored once, under a permanent sequence number.

Here: which landed files are new, the order of deliveries, how refused files are recorded.
Not here: reading a CSV file (landing/).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC
from functools import partial
from pathlib import Path

import polars as pl

from ecom_lake import logs
from ecom_lake.engine.build.bronze.deliveries import Held, earlier_contents, held_contents, held_deliveries, returned
from ecom_lake.engine.build.bronze.merging import merge_small_files
from ecom_lake.engine.build.erasure.arrivals import Arrival, Dropped, drop_erased
from ecom_lake.engine.build.erasure.bronze_ids import holds_erased
from ecom_lake.engine.build.erasure.former_contents import came_before, keyed, refuse_missing_key
from ecom_lake.engine.build.erasure.landed import MemberEdits, replace_landed, stage
from ecom_lake.engine.build.erasure.old_texts import (
    empty_arrivals,
    empty_old_texts,
    has_old_texts,
    texts_since,
    texts_since_after,
    with_emptied,
)
from ecom_lake.engine.build.erasure.unsafe_map import refuse_unsafe_map
from ecom_lake.engine.build.mapped.due_deliveries import refuse_other_key
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.built_with import commit_made, state_to_build_on
from ecom_lake.engine.build.step.code_version import code_version
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.build.step.outcome import Check, Outcome
from ecom_lake.engine.contracts.delivered import Delivered
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.landing.archives import Member, content_hash, unpack
from ecom_lake.engine.landing.file_beginning import table_of
from ecom_lake.engine.landing.record_editing import Edits
from ecom_lake.engine.landing.refused import Refused, shown
from ecom_lake.engine.landing.table_recognition import named_after
from ecom_lake.engine.store.entry import Delivery, Entry, File, Landed, Made, Parts, files_of, version_of_landing
from ecom_lake.engine.store.erasure_list import ERASURES, ErasureConflictError, ErasureList
from ecom_lake.engine.store.lake import in_order
from ecom_lake.engine.store.landed_files import files_in
from ecom_lake.engine.store.store import Info
from ecom_lake.errors import UserError
from ecom_lake.words import counted

Progress = Callable[[str], None]

_REFUSALS = 20
"""The largest number of refusals that are reported for one landed file."""
_MISNAMED = 10
"""The largest number of misnamed columns that are reported for one delivered table."""


@dataclass(frozen=True)
class _Parsed:
    """A new member of a landed file as Parquet, not yet in the store."""

    table: str
    made: Made
    target: Path
    rejects: Path | None


@dataclass(frozen=True)
class Taken:
    """A new member of a landed file in the store."""

    table: str
    file: File
    """Its delivery has a number if it moves here from another table."""
    rejects: File | None


def landed_files(site: Site) -> list[Info]:
    return files_in(site.lake.landing)


def nothing_new(site: Site, head: Entry) -> bool:
    """Whether ingesting would change nothing, computed from file names and stamps only."""
    return _nothing_new(site, head, landed_files(site))


def _nothing_new(site: Site, head: Entry, files: Iterable[Info]) -> bool:
    stamps, reader = _stamps(files), _reader(site)
    if head.landing_version == version_of_landing((path, stamp, reader) for path, stamp in stamps.items()):
        return True
    return stamps == {path: landed.stamp for path, landed in head.landing.items() if landed.reader == reader}


def _stamps(files: Iterable[Info]) -> dict[str, str]:
    return {info.path: info.stamp for info in files}


def nothing_landed(site: Site) -> str:
    """The message for a shop that has neither landed files nor a state."""
    name, landing = site.shop.name, site.lake.landing.url
    return f"Shop '{name}' has nothing to build from: put its files into {landing} (or `ecom-lake land FILES --shop {name}`)."


def ingest(site: Site, progress: Progress = lambda _: None) -> list[Outcome]:
    site.lake.restrict()
    refuse_missing_key(site)
    head = state_to_build_on(site)
    if head.erasure or head.texts_since:
        replace_landed(site)  # a killed process may have left files without erased persons or old texts
    if not has_old_texts(site, head):
        return _ingest(site, head, progress)
    emptied = empty_old_texts(site, head)
    outcomes = _ingest(site, state_to_build_on(site), progress)
    return [_with_note(outcome, emptied.get(outcome.table.name, "")) for outcome in outcomes]


def _with_note(outcome: Outcome, note: str) -> Outcome:
    return replace(outcome, notes=(*outcome.notes, note)) if note else outcome


def _ingest(site: Site, head: Entry, progress: Progress) -> list[Outcome]:
    files = landed_files(site)
    if not head.number and not files:
        raise UserError(nothing_landed(site))
    if _nothing_new(site, head, files):
        return _outcomes(site, head, head)
    seen, unread = _seen_before(site, head, files)
    listed = _erasure_list(site, head) or None  # a log that began again does not name it
    if listed and site.map is not None:
        refuse_unsafe_map(site.map)
        refuse_other_key(site)  # another key makes other ids of erased persons
    known = held_contents(head)
    before, since = earlier_contents(head), texts_since(site)
    landed, arrivals = take(site, unread, known, progress, listed, before=before, since=since)
    landing = seen | landed
    skipped = known.keys() & {content for file in landing.values() for content in file.hash.split("+")}
    try:
        entry = commit_made(
            site,
            lambda latest: _numbered(latest, _with_meanwhile(landing, head, latest), arrivals, skipped, listed, since),
            "ingest",
        )
    except ErasureConflictError:
        _withdraw(site, arrivals)
        raise
    if listed and listed.added and not holds_erased(site, entry, listed):
        listed.finish_added()
    if (listed or before or since) and replace_landed(site):
        return _ingest(site, state_to_build_on(site), progress)  # the log gets the stamps of the new files
    entry = merge_small_files(site, entry)
    return _outcomes(site, head, entry)


def _with_meanwhile(landing: Mapping[str, Landed], before: Entry, latest: Entry) -> dict[str, Landed]:
    """The landed files that this run listed, and those that another ingest has committed since this run read the state."""
    meanwhile = {path: landed for path, landed in latest.landing.items() if before.landing.get(path) != landed}
    return meanwhile | dict(landing)


def _withdraw(site: Site, arrivals: Iterable[Taken]) -> None:
    """Delete the files of arrivals that no state names: they may hold somebody who was erased meanwhile."""
    named = {file.path for file in files_of([site.lake.log.head()]).values()}
    paths = {file.path for one in arrivals for file in (one.file, one.rejects) if file} - named
    site.lake.store.each(site.lake.store.delete, [f"{site.shop.name}/{path}" for path in paths])


def _erasure_list(site: Site, head: Entry) -> ErasureList:
    """The erasure list that a delivery is compared with; an error if it lacks what the log names."""
    listed = ErasureList(site.lake.store, site.shop.name, site.erasure_key, former=site.former_erasure_key)
    if listed.newest < head.erasure:
        raise UserError(
            f"{site.lake.url}/{ERASURES} lacks erasure {head.erasure}, which the log names: copy the folder from the lake that "
            "this one is a copy of. Without it, erased persons who are delivered again would not be recognised."
        )
    return listed


def _seen_before(site: Site, head: Entry, files: Iterable[Info]) -> tuple[dict[str, Landed], list[Info]]:
    """The landed files that are unchanged since the same reader read them, and the other files."""
    seen: dict[str, Landed] = {}
    unread: list[Info] = []
    for info in files:
        before = head.landing.get(info.path)
        if before and (before.stamp, before.reader) == (info.stamp, _reader(site)):
            seen[info.path] = before
        else:
            unread.append(info)
    return seen, unread


def take(
    site: Site,
    files: list[Info],
    known: Mapping[str, Held],
    progress: Progress = lambda _: None,
    listed: ErasureList | None = None,
    only: Set[str] | None = None,
    before: Mapping[str, str] | None = None,
    since: str = "",
) -> tuple[dict[str, Landed], list[Taken]]:
    """Read new files in parallel, one in each thread, and write their contents to the store, without listed persons.
    `known`: `held_contents` of the state. `only`: these contents and no other. `before`: `earlier_contents` of the state, which
    are no new ones. `since`: the first day of which texts stay (old_texts.py).

    A file that is changed or removed during the read is left for the next ingest; nothing of it is stored."""

    def read_file(info: Info) -> tuple[Landed, list[_Parsed]]:
        progress(info.path)
        return _read(site, info, known, parsed, only)

    with site.lake.scratch() as parsed, ThreadPoolExecutor(site.threads, initializer=logs.inherit_context()) as readers:
        read = list(readers.map(read_file, files))
        now = _stamps(landed_files(site))
        unchanged = [(info, *found) for info, found in zip(files, read, strict=True) if now.get(info.path) == info.stamp]
        if listed or before or since:
            unchanged = _without_erased(site, listed, unchanged, known.keys(), before or {}, since)
        taken = site.lake.store.each(partial(_publish, site), [one for _, _, found in unchanged for one in found])
    return {info.path: landed for info, landed, _ in unchanged}, list(taken)


_Read = tuple[Info, Landed, list[_Parsed]]


def _without_erased(
    site: Site, listed: ErasureList | None, read: list[_Read], delivered: Set[str], before: Mapping[str, str], since: str
) -> list[_Read]:
    """The same files without records of erased persons and old texts, and without those that were delivered before these were
    erased. Their landed files are staged, and get their hashes. A file that is replaced meanwhile is left for the next ingest.
    `delivered`: the contents of the state."""
    tables = {delivered.name: delivered for delivered in site.connector.delivered}
    parsed = [one for _, _, found in read for one in found]
    arrivals = {str(one.target): Arrival(tables[one.table], one.target, one.rejects) for one in parsed}
    emptied = empty_arrivals(site, arrivals, since) if since else {}
    dropped = drop_erased(site, listed, arrivals) if listed else {}
    rows = {str(one.target): one.made.rows for one in parsed}
    dropped = {name: with_emptied(dropped.get(name), emptied.get(name), rows[name]) for name in dropped.keys() | emptied.keys()}
    known = {one.made.fingerprint: came_before(site, one.made.fingerprint, before) for one in parsed}
    edits = {
        one.made.fingerprint: MemberEdits(
            dropped[str(one.target)].edits if str(one.target) in dropped else Edits(),
            partial(pl.read_parquet, one.target, glob=False),
            came_before=known[one.made.fingerprint],
        )
        for one in parsed
        if str(one.target) in dropped or known[one.made.fingerprint]
    }
    whole = {digest: digest for digest in known.keys() - edits.keys()}
    taken, kept = dict.fromkeys(delivered, "") | whole, list[_Read]()
    for info, landed, found in read:
        edited = edits.keys() & landed.hash.split("+")
        new = stage(site, info, edits, taken) if edited else {}
        if edited - new.keys():
            continue  # replaced since it was read
        hashes = "+".join(new.get(one, one) for one in landed.hash.split("+"))
        fresh = [one for one in found if not known[one.made.fingerprint]]
        kept.append((info, replace(landed, hash=hashes), [_kept(site, one, dropped.get(str(one.target)), new) for one in fresh]))
    return kept


def _kept(site: Site, parsed: _Parsed, dropped: Dropped | None, new: Mapping[str, str]) -> _Parsed:
    """A parsed file after rows of it were dropped, also before: one that moves was changed when it came, or since."""
    if dropped is None:
        return parsed
    before = parsed.made.delivery
    assert before is not None
    content = new[parsed.made.fingerprint]
    was = (*before.was, keyed(site, parsed.made.fingerprint))
    delivery = replace(before, content_hash=content, erased=before.erased + dropped.erased, was=was)
    return replace(parsed, made=replace(parsed.made, rows=dropped.rows, fingerprint=content, delivery=delivery))


@dataclass
class _Reading:
    """What reading one landed file has found so far."""

    found: list[_Parsed] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    tables: set[str] = field(default_factory=set)
    hashes: list[str] = field(default_factory=list)


def _read(site: Site, info: Info, known: Mapping[str, Held], parsed: Path, only: Set[str] | None) -> tuple[Landed, list[_Parsed]]:
    """Read the new members of one landed file, and those that belong to another table now. A refused member does not stop the
    others."""
    if info.refused:
        return Landed(info.stamp, "", _reader(site), f"{shown(info.path)} {info.refused}"), []
    reading = _Reading()
    with site.lake.scratch() as scratch:
        try:
            with site.lake.landing.opened(info.path) as local:
                try:
                    for member in unpack(local, scratch, info.path):
                        _read_member(site, info, member, known, parsed, only, reading)
                except Refused as refusal:
                    reading.refused.append(refusal)
                    reading.tables.add(named_after(info.path, site.connector.delivered))
                    reading.hashes.append("")
                if "" in reading.hashes:  # the archive stands for what could not be unpacked
                    reading.hashes = [*filter(None, reading.hashes), content_hash(local)]
        except FileNotFoundError:
            return Landed(info.stamp, "", _reader(site)), []  # removed during the read
        except PermissionError:
            reading.refused.append(Refused(f"{shown(info.path)} may not be read by this user: change its permissions."))
            reading.tables.add(named_after(info.path, site.connector.delivered))
    why = _summarized([str(refusal) for refusal in reading.refused])
    landed = Landed(info.stamp, "+".join(reading.hashes), _reader(site), why, tuple(sorted(reading.tables - {""})))
    return landed, reading.found


def _read_member(
    site: Site, info: Info, member: Member, known: Mapping[str, Held], parsed: Path, only: Set[str] | None, reading: _Reading
) -> None:
    digest, hashes = "" if member.refused else content_hash(member.path), reading.hashes
    former = known.get(digest)
    is_left_out = digest in hashes or (only is not None and digest not in only)
    hashes.append(digest)
    if digest and (is_left_out or (former and not _moves(site, member, former))):
        return
    try:
        reading.found.append(_parse(site, info, member, digest, parsed, former))
    except Refused as refusal:
        reading.refused.append(refusal)
        reading.tables.add(refusal.table or named_after(member.name, site.connector.delivered))


def _moves(site: Site, member: Member, former: Held) -> bool:
    """Whether a delivered file belongs to another table now: the table has another name, or names of files mean other tables.

    Equal content under another name, such as that of two files without rows, is no reason: it is delivered once."""
    if former.table not in {delivered.name for delivered in site.connector.delivered}:
        return True
    with suppress(Refused):
        return member.name == former.delivery.file and table_of(member, site.connector.delivered) != former.table
    return False


def _summarized(refused: list[str]) -> str:
    """The refusals in one text, shortened because every state of the log stores it: an archive may hold 10,000 bad files.

    The last refusal is always included: if the archive itself was refused, it is the last one."""
    more = len(refused) - _REFUSALS
    if more <= 0:
        return " ".join(refused)
    return " ".join([*refused[: _REFUSALS - 1], refused[-1], f"{counted(more, 'more file', 'is/are')} refused."])


def _parse(site: Site, info: Info, member: Member, digest: str, folder: Path, former: Held | None) -> _Parsed:
    """`former`: the delivery of the same content, which moves to another table and keeps its number."""
    from ecom_lake.engine.landing.file_parser import parse  # PyArrow: to see that nothing is new, nobody waits for it

    name = uuid.uuid4().hex  # two files may hold the same content
    target, rejects = folder / f"{name}.parquet", folder / f"{name}.rejects.parquet"
    parsed = parse(member, site.connector.delivered, target, rejects)
    delivered_at = info.modified.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat(sep=" ")
    new = Delivery(sequence=0, file=member.name, content_hash=digest, delivered_at=delivered_at, rejected=0)
    delivery = replace(
        former.delivery if former else new,
        rejected=parsed.rejected,
        extra_columns=tuple(parsed.extra_columns),
        encoding=parsed.encoding,
        misnamed_columns=parsed.misnamed_columns,
    )
    made = Made(rows=parsed.rows, fingerprint=digest, run="", delivery=delivery)
    return _Parsed(parsed.table, made, target, rejects if parsed.rejected else None)


def _publish(site: Site, parsed: _Parsed) -> Taken:
    part = Part(batch=parsed.made.fingerprint)
    file = site.lake.publish(parsed.target, TableId("bronze", parsed.table), part, parsed.made, None)
    if parsed.rejects is None:
        return Taken(parsed.table, file, None)
    assert parsed.made.delivery is not None
    rejected = replace(parsed.made, rows=parsed.made.delivery.rejected)
    return Taken(parsed.table, file, site.lake.publish(parsed.rejects, TableId("rejects", parsed.table), part, rejected, None))


def _numbered(
    head: Entry,
    landing: Mapping[str, Landed],
    arrivals: Iterable[Taken],
    skipped: Set[str],
    listed: ErasureList | None,
    since: str,
) -> Entry:
    """The head with the arrivals under the next free numbers. Content that another ingest has committed meanwhile is skipped; a
    delivery that belongs to another table now moves there under its number.

    `skipped`: landed content that was in bronze when landing was read; an erasure may have changed it in bronze meanwhile.
    `listed`: the erasure list that the arrivals were compared with; None for a lake without erasures. `since`: the first day of
    which they may have texts."""
    erasure, known = listed.compared if listed else 0, held_contents(head)
    if head.erasure > erasure or not skipped <= known.keys():
        raise ErasureConflictError("Delivered rows were erased while this delivery was read: run the build again.")
    by_number = {held.delivery.sequence: held for held in held_deliveries(head)}
    number = max(by_number, default=0)
    has_bronze = number > 0
    changed = head if head.landing == landing else replace(head, landing=dict(landing))
    changed = changed if changed.erasure == erasure else replace(changed, erasure=erasure)
    new: dict[TableId, dict[Part, File | None]] = {}
    for arrival in arrivals:
        delivery = arrival.file.delivery
        assert delivery is not None
        former = known.get(delivery.content_hash) or by_number.get(delivery.sequence)  # old texts may be gone on the way
        if former and (former.table == arrival.table or not delivery.sequence):
            continue
        if former is None:
            number += 1
            delivery = replace(delivery, sequence=number)
        part = Part(batch=f"{delivery.sequence:08d}")
        for layer, file in (("bronze", arrival.file), ("rejects", arrival.rejects)):
            if former:
                new.setdefault(TableId(layer, former.table), {})[part] = None
            if file:
                new.setdefault(TableId(layer, arrival.table), {})[part] = replace(file, delivery=delivery)
        now = Held(arrival.table, delivery, arrival.file.rows, arrival.file.content)
        known[delivery.content_hash] = by_number[delivery.sequence] = now
    for table, parts in new.items():
        changed = changed.with_parts(table, parts)
    after = texts_since_after(head, has_bronze, since) if new else head.texts_since
    return changed if changed.texts_since == after else replace(changed, texts_since=after)


def _outcomes(site: Site, before: Entry, after: Entry) -> list[Outcome]:
    return [_outcome(site, delivered, before, after) for delivered in site.connector.delivered]


def _outcome(site: Site, delivered: Delivered, before: Entry, after: Entry) -> Outcome:
    table = TableId("bronze", delivered.name)
    parts = after.parts(table)
    checks = [_records_check(table, parts), misnamed_check(site, delivered, after)]
    if delivered.name == site.connector.reports_landing:  # the check covers all files in landing: once is enough
        checks.append(_landing_check(site, table, after))
    extra = sorted({f"{d.file}: {c}" for f in parts.values() if (d := f.delivery) for c in d.extra_columns})
    notes = [f"Columns that the connector does not declare are kept in bronze: {', '.join(extra)}."] if extra else []
    if delivered.name == site.connector.reports_landing and after.erasure and (why := _erasure_list(site, after).unrecognised()):
        notes.append(why)
    written = tuple(sorted(set(parts) - set(before.parts(table))))
    return Outcome(table, parts, written, tuple(checks), tuple(notes))


def misnamed_check(site: Site, delivered: Delivered, entry: Entry) -> Check:
    """Whether files in landing have unread columns with names close to columns that this table lacks."""
    in_landing = {content for landed in entry.landing.values() for content in landed.hash.split("+")}
    files: dict[tuple[str, str], list[str]] = {}
    for file in in_order(entry.parts(TableId("bronze", delivered.name))):
        if file.delivery and file.delivery.content_hash in in_landing:
            for there, here in file.delivery.misnamed_columns:
                if not site.lacks(f"{delivered.name}.{here}"):
                    files.setdefault((there, here), []).append(file.delivery.file)
    sentences = [_misnamed(delivered, there, here, where) for (there, here), where in files.items()]
    more = len(sentences) - _MISNAMED
    shortened = [*sentences[:_MISNAMED], f"{counted(more, 'more column')} of this kind."] if more > 0 else sentences
    return Check(
        TableId("bronze", delivered.name),
        "columns_known",
        passed=not files,
        severity="warn",
        says=" ".join(shortened) or "No file has an unread column with a name close to a column that the table lacks.",
        evidence=tuple({"column": there, "nearest": here, "files": len(where)} for (there, here), where in files.items()),
    )


def _misnamed(delivered: Delivered, there: str, here: str, files: list[str]) -> str:
    they_have = f" and {counted(len(files) - 1, 'other file')} have" if len(files) > 1 else " has"
    todo = (
        f"rename it to {here}" if delivered.file_format is None else f"name it in columns of [files.{delivered.name}] in the map"
    )
    return f"{shown(files[-1])}{they_have} the column {shown(there)}, which no table reads; if it holds {here}, {todo}."


def _landing_check(site: Site, table: TableId, entry: Entry) -> Check:
    refused = {path: landed.refused for path, landed in entry.landing.items() if landed.refused} | returned(entry)
    refused |= dict(_left_behind(site, entry))
    return Check(
        table,
        "landing_accepted",
        passed=not refused,
        severity="warn",
        says=" ".join(refused.values()) if refused else "Every file in landing was read.",
        evidence=tuple({"file": path, "why": why} for path, why in refused.items()),
    )


def _left_behind(site: Site, entry: Entry) -> Iterator[tuple[str, str]]:
    """The deliveries of tables that the connector does not have any more, and that could not move because landing lacks them: the
    table → a sentence."""
    in_landing = {content for landed in entry.landing.values() for content in landed.hash.split("+")}
    names = {delivered.name for delivered in site.connector.delivered}
    gone: dict[str, list[str]] = {}
    for content, held in held_contents(entry).items():
        if held.table not in names and content not in in_landing:
            gone.setdefault(held.table, []).append(held.delivery.file)
    for table, files in gone.items():
        yield (
            f"bronze/{table}",
            f"{counted(len(files), 'delivered file', 'is/are')} in no table any more ({shown(files[-1])} is the last one): no "
            f"kind of files is called {table} now, and landing does not have the content. Give the kind its name back, or land "
            "it again.",
        )


def _records_check(table: TableId, parts: Parts) -> Check:
    rejected = [file.delivery for file in parts.values() if file.delivery and file.delivery.rejected]
    malformed = sum(delivery.rejected for delivery in rejected)
    return Check(
        table,
        "records_whole",
        passed=not rejected,
        severity="warn",
        says=f"{counted(malformed, 'malformed record', 'was/were')} kept in the rejects."
        if rejected
        else "No record was malformed.",
        evidence=tuple({"delivery": d.sequence, "file": d.file, "rejected": d.rejected} for d in rejected),
    )


def _reader(site: Site) -> str:
    """The version of the code and connector that read a file. A refused file is read again when it changes."""
    return f"{site.connector.name}-{fingerprint(site.connector.delivered, code_version(__name__))}"
