"""Landing to bronze: each new content is stored once, under a permanent sequence number.

Here: which landed files are new, the order of deliveries, how refused files are recorded.
Not here: reading a CSV file (landing/).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC
from functools import partial
from pathlib import Path

from ecom_lake import logs
from ecom_lake.engine.build.bronze.deliveries import contents, deliveries
from ecom_lake.engine.build.bronze.merging import merge_small_files
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.built_with import commit_made, state_to_build_on
from ecom_lake.engine.build.step.code_version import code_version
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.build.step.outcome import Check, Outcome
from ecom_lake.engine.contracts.delivered import Delivered
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.landing.archives import Member, content_hash, unpack
from ecom_lake.engine.landing.refused import Refused, shown
from ecom_lake.engine.landing.table_recognition import named_after
from ecom_lake.engine.store.entry import Delivery, Entry, File, Landed, Made, Parts, version_of_landing
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
    """A new member of a landed file in the store, without a sequence number yet."""

    table: str
    file: File
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
    head, files = state_to_build_on(site), landed_files(site)
    if not head.number and not files:
        raise UserError(nothing_landed(site))
    if _nothing_new(site, head, files):
        return _outcomes(site, head, head)
    seen, unread = _seen_before(site, head, files)
    landed, arrivals = take(site, unread, contents(head), progress)
    landing = seen | landed
    entry = commit_made(site, lambda latest: _numbered(latest, landing, arrivals), "ingest")
    entry = merge_small_files(site, entry)
    return _outcomes(site, head, entry)


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
    site: Site, files: list[Info], known: Set[str], progress: Progress = lambda _: None
) -> tuple[dict[str, Landed], list[Taken]]:
    """Read new files in parallel, one in each thread, and write their contents to the store.

    A file that is changed or removed during the read is left for the next ingest; nothing of it is stored."""

    def read_file(info: Info) -> tuple[Landed, list[_Parsed]]:
        progress(info.path)
        return _read(site, info, known, parsed)

    with site.lake.scratch() as parsed, ThreadPoolExecutor(site.threads, initializer=logs.inherit_context()) as readers:
        read = list(readers.map(read_file, files))
        now = _stamps(landed_files(site))
        unchanged = [(info, *found) for info, found in zip(files, read, strict=True) if now.get(info.path) == info.stamp]
        taken = site.lake.store.each(partial(_publish, site), [one for _, _, found in unchanged for one in found])
    return {info.path: landed for info, landed, _ in unchanged}, list(taken)


def _read(site: Site, info: Info, known: Set[str], parsed: Path) -> tuple[Landed, list[_Parsed]]:
    """Read the new members of one landed file. A refused member does not stop the others."""
    found: list[_Parsed] = []
    refused: list[Refused] = []
    tables: set[str] = set()
    hashes: list[str] = []
    if info.refused:
        return Landed(info.stamp, "", _reader(site), f"{shown(info.path)} {info.refused}"), []
    with site.lake.scratch() as scratch:
        try:
            with site.lake.landing.opened(info.path) as local:
                for member in unpack(local, scratch, info.path):
                    digest = "" if member.refused else content_hash(member.path)
                    is_known = bool(digest) and (digest in known or digest in hashes)
                    hashes.append(digest)
                    if is_known:
                        continue
                    try:
                        found.append(_parse(site, info, member, digest, parsed))
                    except Refused as refusal:
                        refused.append(refusal)
                        tables.add(refusal.table or named_after(member.name, site.connector.delivered))
        except Refused as refusal:
            refused.append(refusal)
            tables.add(named_after(info.path, site.connector.delivered))
        except FileNotFoundError:
            return Landed(info.stamp, "", _reader(site)), []  # removed during the read
        except PermissionError:
            refused.append(Refused(f"{shown(info.path)} may not be read by this user: change its permissions."))
            tables.add(named_after(info.path, site.connector.delivered))
    why = _summarized([str(refusal) for refusal in refused])
    return Landed(info.stamp, "+".join(filter(None, hashes)), _reader(site), why, tuple(sorted(tables - {""}))), found


def _summarized(refused: list[str]) -> str:
    """The refusals in one text, shortened because every state of the log stores it: an archive may hold 10,000 bad files.

    The last refusal is always included: if the archive itself was refused, it is the last one."""
    more = len(refused) - _REFUSALS
    if more <= 0:
        return " ".join(refused)
    return " ".join([*refused[: _REFUSALS - 1], refused[-1], f"{counted(more, 'more file', 'is/are')} refused."])


def _parse(site: Site, info: Info, member: Member, digest: str, folder: Path) -> _Parsed:
    from ecom_lake.engine.landing.file_parser import parse  # PyArrow: to see that nothing is new, nobody waits for it

    name = uuid.uuid4().hex  # two files may hold the same content
    target, rejects = folder / f"{name}.parquet", folder / f"{name}.rejects.parquet"
    parsed = parse(member, site.connector.delivered, target, rejects)
    delivery = Delivery(
        sequence=0,
        file=member.name,
        content_hash=digest,
        delivered_at=info.modified.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat(sep=" "),
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


def _numbered(head: Entry, landing: Mapping[str, Landed], arrivals: Iterable[Taken]) -> Entry:
    """The head with the arrivals under the next free numbers. Content that another ingest has committed meanwhile is skipped."""
    known = contents(head)
    number = max((delivery.sequence for delivery in deliveries(head)), default=0)
    changed = head if head.landing == landing else replace(head, landing=dict(landing))
    new: dict[TableId, dict[Part, File]] = {}
    for arrival in arrivals:
        assert arrival.file.delivery is not None
        if arrival.file.delivery.content_hash in known:
            continue
        known.add(arrival.file.delivery.content_hash)
        number += 1
        delivery = replace(arrival.file.delivery, sequence=number)
        part = Part(batch=f"{number:08d}")
        new.setdefault(TableId("bronze", arrival.table), {})[part] = replace(arrival.file, delivery=delivery)
        if arrival.rejects:
            new.setdefault(TableId("rejects", arrival.table), {})[part] = replace(arrival.rejects, delivery=delivery)
    for table, parts in new.items():
        changed = changed.with_parts(table, parts)
    return changed


def _outcomes(site: Site, before: Entry, after: Entry) -> list[Outcome]:
    return [_outcome(site, delivered, before, after) for delivered in site.connector.delivered]


def _outcome(site: Site, delivered: Delivered, before: Entry, after: Entry) -> Outcome:
    table = TableId("bronze", delivered.name)
    parts = after.parts(table)
    checks = [_records_check(table, parts), misnamed_check(site, delivered, after)]
    if delivered.name == site.connector.reports_landing:  # the check covers all files in landing: once is enough
        checks.append(_landing_check(table, after))
    extra = sorted({f"{d.file}: {c}" for f in parts.values() if (d := f.delivery) for c in d.extra_columns})
    notes = (f"Columns that the connector does not declare are kept in bronze: {', '.join(extra)}.",) if extra else ()
    written = tuple(sorted(set(parts) - set(before.parts(table))))
    return Outcome(table, parts, written, tuple(checks), notes)


def misnamed_check(site: Site, delivered: Delivered, entry: Entry) -> Check:
    """Whether files in landing have unread columns with names close to columns that this table lacks."""
    in_landing = {content for landed in entry.landing.values() for content in landed.hash.split("+")}
    files: dict[tuple[str, str], list[str]] = {}
    for file in in_order(entry.parts(TableId("bronze", delivered.name))):
        if file.delivery and file.delivery.content_hash in in_landing:
            for there, here in file.delivery.misnamed_columns:
                if not site.lacks(f"{delivered.name}.{here}"):
                    files.setdefault((there, here), []).append(file.delivery.file)
    sentences = [_misnamed(there, here, where) for (there, here), where in files.items()]
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


def _misnamed(there: str, here: str, files: list[str]) -> str:
    they_have = f" and {counted(len(files) - 1, 'other file')} have" if len(files) > 1 else " has"
    return (
        f"{shown(files[-1])}{they_have} the column {shown(there)}, which no table reads; if it holds {here}, rename it to {here}."
    )


def _landing_check(table: TableId, entry: Entry) -> Check:
    refused = {path: landed.refused for path, landed in entry.landing.items() if landed.refused}
    return Check(
        table,
        "landing_accepted",
        passed=not refused,
        severity="warn",
        says=" ".join(refused.values()) if refused else "Every file in landing was read.",
        evidence=tuple({"file": path, "why": why} for path, why in refused.items()),
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
