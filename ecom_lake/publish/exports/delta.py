"""The gold tables of a release as Delta tables, for Microsoft Fabric, Databricks, Spark and whatever else reads Delta.

Each table is a Delta table of its own. A release whose content of a table is new adds one version, written atomically, whose
commit states shop, release and content; a table that did not change gets none. A table that the release no longer has gets a
version without rows. An interrupted export is continued by the next.
Timestamps, which have no time zone in the lake, are written as UTC: readers without `timestamp_ntz` show the same clock times.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.fs import DeltaStorageHandler
from pyarrow.fs import FileSelector, FileType, PyFileSystem

from ecom_lake import logs
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.commit import verify
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UserError
from ecom_lake.publish.exports.released_tables import ReleasedTable, released_tables

RELEASE, CONTENT, SHOP = "ecomLake.release", "ecomLake.content", "ecomLake.shop"
"""The commit states the release, the version of the table's content that it has, and the shop."""
NO_CONTENT = "none"
"""The content of a table that the release does not have."""
_BATCH_ROWS = 65_536


@dataclass(frozen=True)
class Exported:
    table: str
    rows: int
    version: int
    """The version of the Delta table whose commit wrote the release's content; deleting old files may have made later ones."""
    is_new: bool
    """Whether this export wrote it."""
    is_gone: bool = False
    """Whether the release does not have it, so that it has no rows."""


def export_delta(
    site: Site,
    entry: Entry,
    target: str,
    options: Mapping[str, str] | None = None,
    on_table: Callable[[str], None] = lambda table: None,
    before_writing: Callable[[], None] = lambda: None,
) -> list[Exported]:
    """Bring the Delta tables below `target`, a folder or a URL, to the content of a release.

    `before_writing`: called once, after the last reason to refuse the target and before the first row is there.
    The caller holds the turn of exports from before it reads which release that is, so that no older one is written later."""
    folder, given, done = target.rstrip("/"), dict(options or {}), []
    tables = released_tables(site, entry, ("gold",))
    for table in tables:
        with _in_a_sentence(f"{folder}/{table.contract.name}"):
            _refuse_other_shop(site, f"{folder}/{table.contract.name}", given)
    before_writing()
    for table in tables:
        on_table(table.contract.name)
        verify(site, table.files.values())
        with _in_a_sentence(f"{folder}/{table.contract.name}"):
            done.append(_export(site, entry, table, f"{folder}/{table.contract.name}", given))
    with _in_a_sentence(folder):
        there = _folders(folder, given)
    for name in sorted(there - {table.contract.name for table in tables}):
        with _in_a_sentence(f"{folder}/{name}"):
            if emptied := _empty(site, entry, name, f"{folder}/{name}", given):
                done.append(emptied)
    return done


def _refuse_other_shop(site: Site, place: str, options: dict[str, str]) -> None:
    existing = _open(place, options)
    theirs = next((one[SHOP] for one in existing.history() if SHOP in one), None) if existing else None
    if theirs not in (None, site.shop.name):
        raise UserError(f"{place} has the table of shop '{theirs}': name another folder for '{site.shop.name}'.")


@contextmanager
def _in_a_sentence(place: str) -> Iterator[None]:
    try:
        yield
    except (DeltaError, OSError) as error:
        why = str(error).strip().splitlines()[0]
        raise UserError(f"The Delta table {place} could not be written: {why}") from None


def _folders(target: str, options: dict[str, str]) -> set[str]:
    """The names of the folders in the target: the tables that an earlier release may have had, and those of others."""
    try:
        store = PyFileSystem(DeltaStorageHandler(target, options))
    except TableNotFoundError:  # a folder that is not there
        return set()
    listed = store.get_file_info(FileSelector("", allow_not_found=True))
    return {Path(one.path).name for one in listed if one.type == FileType.Directory}


def _empty(site: Site, entry: Entry, name: str, place: str, options: dict[str, str]) -> Exported | None:
    """A version without rows of a table that the shop's release no longer has; None if there is none to empty."""
    try:
        existing = _open(place, options)
    except DeltaError as error:
        if name in site.registry.gold:
            raise
        logs.log_event("passed over", logging.WARNING, place=place, why=type(error).__name__)  # a table of somebody else
        return None
    if existing is None or _last_write(existing).get(SHOP) != site.shop.name:
        return None
    if _last_content(existing) == NO_CONTENT:
        return Exported(name, 0, _finished(existing), is_new=False, is_gone=True)
    schema = pa.schema(existing.schema().to_arrow())
    write_deltalake(
        place,
        pa.RecordBatchReader.from_batches(schema, []),
        mode="overwrite",
        storage_options=options or None,
        commit_properties=_properties(site, entry, NO_CONTENT),
    )
    return Exported(name, 0, _finished(DeltaTable(place, storage_options=options or None)), is_new=True, is_gone=True)


def _properties(site: Site, entry: Entry, content: str) -> CommitProperties:
    return CommitProperties({RELEASE: str(entry.number), CONTENT: content, SHOP: site.shop.name})


def _export(site: Site, entry: Entry, table: ReleasedTable, place: str, options: dict[str, str]) -> Exported:
    content = entry.version(table.id)
    existing = _open(place, options)
    if existing and _last_content(existing) == content:
        return Exported(table.contract.name, table.rows, _finished(existing), is_new=False)
    write_deltalake(
        place,
        _rows(site, table),
        mode="overwrite",
        schema_mode="overwrite",
        name=table.contract.name,
        description=table.contract.grain,
        storage_options=options or None,
        commit_properties=_properties(site, entry, content),
    )
    return Exported(table.contract.name, table.rows, _finished(DeltaTable(place, storage_options=options or None)), is_new=True)


def _finished(table: DeltaTable) -> int:
    """Delete old files; returns the version that the last write of an export made.

    Files that no version of the last week needs are deleted: of an unchanged table too, because they may have persons who were
    erased. The deletion is two versions of its own."""
    version = int(_last_write(table).get("version", table.version()))  # its own, unless somebody else has written since
    table.vacuum(dry_run=False)
    return version


def _open(place: str, options: dict[str, str]) -> DeltaTable | None:
    try:
        return DeltaTable(place, storage_options=options or None)
    except TableNotFoundError:
        return None


def _last_content(table: DeltaTable) -> str | None:
    """The content that the last write of an export states; None if somebody else wrote into the table since then."""
    found = _last_write(table).get(CONTENT)
    return str(found) if found else None


def _last_write(table: DeltaTable) -> Mapping[str, Any]:
    """The last commit, without those that only removed files; empty if it is no write."""
    commits = (one for one in table.history() if not str(one.get("operation", "")).startswith("VACUUM"))
    last = next(commits, {})
    return last if last.get("operation") == "WRITE" else {}


def _rows(site: Site, table: ReleasedTable) -> pa.RecordBatchReader:
    """The rows of all parts, a batch at a time, with the descriptions of the columns."""
    paths = site.lake.locals(table.files.values())
    schema = _schema(pq.read_schema(paths[0]), table)
    return pa.RecordBatchReader.from_batches(schema, _batches(paths, schema))


def _schema(stored: pa.Schema, table: ReleasedTable) -> pa.Schema:
    columns = table.contract.columns
    fields = []
    for field in stored:
        kind = pa.timestamp("us", tz="UTC") if pa.types.is_timestamp(field.type) else _plain(field.type)
        described = {"comment": columns[field.name].meaning} if field.name in columns else None
        fields.append(pa.field(field.name, kind, nullable=True, metadata=described))
    return pa.schema(fields)


def _plain(kind: pa.DataType) -> pa.DataType:
    """Delta has no large or view strings and no dictionaries."""
    is_text = pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_dictionary(kind)
    return pa.string() if is_text else kind


def _batches(paths: Sequence[Path], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_BATCH_ROWS):
                yield batch.cast(schema)
