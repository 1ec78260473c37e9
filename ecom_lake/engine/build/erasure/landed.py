"""Landed files without erased persons and old texts: prepared next to the log, and written over the landed ones once the log
names them.

A rewritten file is staged under `_store/erasures/staged/` before the entry of the log is committed that names its content, and
replaces the landed file afterwards. So a killed process leaves either the old file and the old entry, or a staged file that the
next ingest writes over it. A new file that cannot be rewritten, or equals another delivery without what went, is removed from
landing instead, once its other rows are in bronze.
Not here: which records change (person_rows.py), the text of a file (engine/landing/record_editing.py).
"""

from __future__ import annotations

import errno
import gzip
import json
import os
import shutil
import uuid
import zipfile
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

import polars as pl

from ecom_lake import logs
from ecom_lake.engine.build.bronze.deliveries import contents
from ecom_lake.engine.build.erasure.former_contents import keyed
from ecom_lake.engine.build.erasure.person_rows import ERASED
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.landing.archives import DAMAGED, Member, content_hash, is_data, unpack
from ecom_lake.engine.landing.packed_bytes import copy_packed
from ecom_lake.engine.landing.record_editing import Edits, write_edited
from ecom_lake.engine.landing.refused import Refused
from ecom_lake.engine.store.erasure_list import ERASURES
from ecom_lake.engine.store.integrity import hash_file
from ecom_lake.engine.store.store import Info
from ecom_lake.errors import UserError

STAGED = f"{ERASURES}/staged"
REMOVED = Path()
"""Instead of a rewritten file: this one is removed from landing."""
_ABANDONED = timedelta(days=1)


@dataclass(frozen=True)
class MemberEdits:
    """The edits of one delivered file, and what reading it must give afterwards."""

    edits: Edits
    rows: Callable[[], pl.DataFrame]
    """Its rows in bronze."""
    must_stay: bool = False
    """Whether a landed file that cannot be rewritten raises an error. Otherwise it is removed once its rows are in bronze."""
    came_before: str = ""
    """The content hash of the delivery of the same file, if it was delivered before an erasure. Landing keeps that one."""


class _UnsafeError(Exception):
    """A file that would be read as other rows once it is rewritten."""


def stage(
    site: Site, info: Info, by_content: Mapping[str, MemberEdits], taken: MutableMapping[str, str] | None = None
) -> dict[str, str]:
    """Prepare a landed file with edits of the files in it; returns the new content hash of each changed one, by the old one.

    The new file is read again: its rows must be those that bronze gets. Where they differ, the file is removed from landing
    after the commit, or raises an error if it must stay. A file that somebody removed since landing was listed holds nothing to
    change. `taken`: content hashes of other deliveries, each with the hash that the file had when it came (empty for those of the
    state); a new file that equals another delivery only without what went is removed, too: it counts as delivered later. None for
    files of the state, which all stay."""
    try:
        return _staged(site, info, by_content, taken)
    except FileNotFoundError:
        if is_landed(site, info):
            raise
        return {}


def is_landed(site: Site, info: Info) -> bool:
    """Whether the file is still in landing, with whichever content."""
    try:
        site.lake.landing.info(info.path)
    except FileNotFoundError:
        return False
    return True


def _staged(
    site: Site, info: Info, by_content: Mapping[str, MemberEdits], taken: MutableMapping[str, str] | None
) -> dict[str, str]:
    new: dict[str, str] = {}
    with site.lake.scratch() as scratch, site.lake.landing.opened(info.path) as local:
        target = scratch / "rewritten"

        def rewrite(member: Member) -> Path | None:
            digest = content_hash(member.path)
            if digest not in by_content:
                return None
            try:
                changed = _rewritten(site, member, by_content[digest], scratch)
            except _UnsafeError as why:
                if by_content[digest].must_stay:
                    raise UserError(
                        f"{member.name} in {site.lake.landing.url} holds an erased person and cannot be rewritten: {why}. Its "
                        "rows are in bronze: delete it from landing, then run this again."
                    ) from None
                return removed(member, digest, by_content[digest].came_before or keyed(site, digest), str(why))
            content = content_hash(changed)
            if (before := by_content[digest].came_before) and content != before:
                return removed(member, digest, before, "it was delivered before an erasure")
            if taken is not None and not before and taken.setdefault(content, digest) != digest:
                return removed(member, digest, keyed(site, digest), "without what went it equals another delivery")
            new[digest] = content
            return changed

        def removed(member: Member, digest: str, content: str, why: str) -> Path:
            new[digest] = content
            logs.log_event("landed file removed", file=member.name, why=why)
            return REMOVED

        remains = _repack(local, info.path, rewrite, scratch, target)
        if not new:
            return {}
        if remains:
            os.utime(target, (info.modified.timestamp(), info.modified.timestamp()))
        _stage(site, info, hash_file(local), target if remains else None, new)
    return new


def _rewritten(site: Site, member: Member, wanted: MemberEdits, scratch: Path) -> Path:
    from ecom_lake.engine.landing.file_parser import parse

    delivered = site.connector.delivered
    changed, rows, rejects = (scratch / f"{uuid.uuid4().hex}{ending}" for ending in ("", ".parquet", ".rejects.parquet"))
    try:
        again = parse(write_edited(member, delivered, wanted.edits, ERASED, changed), delivered, rows, rejects)
    except Refused as refusal:
        raise _UnsafeError(str(refusal).rstrip(".")) from None
    expected = wanted.rows()
    found = pl.read_parquet(rows, glob=False)
    columns = [name for name in found.columns if name not in LINEAGE]
    missing = [
        name for name in expected.columns if name not in (*columns, *LINEAGE) and expected[name].null_count() < len(expected)
    ]
    known = expected.with_columns(pl.lit(None, pl.String).alias(name) for name in columns if name not in expected.columns)
    if missing or not found.select(columns).equals(known.select(columns)):
        raise _UnsafeError(f"it would be read as other rows than bronze has ({again.rows:,} and {len(expected):,})")
    return changed


def _repack(local: Path, name: str, rewrite: Callable[[Member], Path | None], scratch: Path, target: Path) -> bool:
    """Write the file with its changed members, and return whether any remain. A member for which `rewrite` returns None keeps its
    bytes."""
    match PurePosixPath(name).suffix.lower():
        case ".zip":
            return _repack_zip(local, name, rewrite, scratch, target)
        case ".gz":
            with closing(unpack(local, scratch, name)) as members:
                changed = next((rewrite(member) for member in members if not member.refused), None)
            if changed and changed != REMOVED:
                with changed.open("rb") as source, gzip.GzipFile(target, "wb", mtime=0) as packed:
                    shutil.copyfileobj(source, packed)
        case _:
            changed = rewrite(Member(name, local))
            if changed and changed != REMOVED:
                shutil.copyfile(changed, target)
    return changed != REMOVED


def _repack_zip(local: Path, name: str, rewrite: Callable[[Member], Path | None], scratch: Path, target: Path) -> bool:
    remaining = 0
    with (
        zipfile.ZipFile(local) as archive,
        zipfile.ZipFile(target, "w") as packed,
        closing(unpack(local, scratch, name)) as members,
    ):
        for entry in archive.infolist():
            plain, changed = scratch / uuid.uuid4().hex, None
            if is_data(entry):
                member = next(members, None)
                changed = rewrite(member) if member and not member.refused else None
                if changed == REMOVED:
                    continue
                remaining += 1
            if changed is None and not _is_copied_out(archive, entry, plain):
                copy_packed(archive, entry, local, packed)
                continue
            with (changed or plain).open("rb") as source, packed.open(_like(entry), "w", force_zip64=True) as stored:
                shutil.copyfileobj(source, stored)
            plain.unlink(missing_ok=True)
    return remaining > 0


def _is_copied_out(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> bool:
    """Unpack one member that keeps its bytes; False if it cannot be unpacked."""
    try:
        with archive.open(entry) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)
    except DAMAGED as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise  # an error of the disk
        target.unlink(missing_ok=True)
        return False
    return True


def _like(entry: zipfile.ZipInfo) -> zipfile.ZipInfo:
    again = zipfile.ZipInfo(entry.filename, entry.date_time)
    again.compress_type, again.external_attr = entry.compress_type, entry.external_attr
    return again


# ------------------------------------------------------------------------------------------------------------------ staging


def _stage(site: Site, info: Info, old: str, file: Path | None, new: Mapping[str, str]) -> None:
    """`file`: what replaces the landed file; None: the landed file is deleted."""
    name = f"{site.shop.name}/{STAGED}/{uuid.uuid4().hex}"
    plan = {"path": info.path, "old": old, "contents": sorted(new.values()), "modified": info.modified.timestamp()}
    plan |= {"removed": file is None}
    if file:
        site.lake.store.put(file, f"{name}.file")
    site.lake.store.write(f"{name}.json", json.dumps(plan).encode())


def replace_landed(site: Site) -> list[str]:
    """Replace the landed files by the staged ones whose content the log names; returns the paths of the files that were replaced
    or removed.

    A staged file that the log does not name after a day belongs to a killed process, and is deleted."""
    staged = {info.path: info for info in site.lake.store.list(f"{site.shop.name}/{STAGED}")}
    if not staged:
        return []
    known, replaced, done = contents(site.lake.log.head()), list[str](), set[str]()
    for path in (path for path in staged if path.endswith(".json")):
        plan, file = json.loads(site.lake.store.read(path)), path.removesuffix(".json") + ".file"
        if not known.issuperset(plan["contents"]):
            continue
        if (plan.get("removed") or file in staged) and _is_still(site, plan):
            if plan.get("removed"):
                site.lake.landing.delete(plan["path"])
            else:
                _put(site, file, plan)
            replaced.append(plan["path"])
        site.lake.store.delete(path)
        site.lake.store.delete(file)
        done |= {path, file}
    for path, info in staged.items():
        if path not in done and info.modified < datetime.now(UTC) - _ABANDONED:
            site.lake.store.delete(path)
    return replaced


def _is_still(site: Site, plan: Mapping[str, str]) -> bool:
    try:
        with site.lake.landing.opened(plan["path"]) as local:
            return hash_file(local) == plan["old"]
    except FileNotFoundError:
        return False


def _put(site: Site, file: str, plan: Mapping[str, str]) -> None:
    with site.lake.scratch() as scratch:
        local = scratch / "landed"
        site.lake.store.fetch(file, local)
        os.utime(local, (float(plan["modified"]), float(plan["modified"])))
        site.lake.landing.put(local, plan["path"])
