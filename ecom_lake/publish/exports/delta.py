"""The gold tables of a release as Delta tables, for Microsoft Fabric, Databricks, Spark and whatever else reads Delta.

Each table is a Delta table of its own. A release whose content of a table is new adds one version, written atomically, whose
commit states shop, release and content; a table that did not change gets none. An interrupted export is continued by the next.
Timestamps, which have no time zone in the lake, are written as UTC: readers without `timestamp_ntz` show the same clock times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.commit import verify
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UserError
from ecom_lake.publish.exports.released_tables import ReleasedTable, released_tables

RELEASE, CONTENT = "ecomLake.release", "ecomLake.content"
"""The commit states the release, and the version of the table's content that it has."""
_BATCH_ROWS = 65_536


@dataclass(frozen=True)
class Exported:
    table: str
    rows: int
    version: int
    """The version of the Delta table that has the release's content."""
    is_new: bool
    """Whether this export wrote it."""


def export_delta(
    site: Site,
    entry: Entry,
    target: str,
    options: Mapping[str, str] | None = None,
    on_table: Callable[[str], None] = lambda table: None,
) -> list[Exported]:
    """Bring the Delta tables below `target`, a folder or a URL, to the content of a release."""
    done = []
    for table in released_tables(site, entry, ("gold",)):
        on_table(table.contract.name)
        verify(site, table.files.values())
        try:
            done.append(_export(site, entry, table, f"{target.rstrip('/')}/{table.contract.name}", dict(options or {})))
        except (DeltaError, OSError) as error:
            why = str(error).strip().splitlines()[0]
            raise UserError(f"The Delta table {target}/{table.contract.name} could not be written: {why}") from None
    return done


def _export(site: Site, entry: Entry, table: ReleasedTable, place: str, options: dict[str, str]) -> Exported:
    content = entry.version(table.id)
    existing = _open(place, options)
    if existing and _last_content(existing) == content:
        return Exported(table.contract.name, table.rows, existing.version(), is_new=False)
    write_deltalake(
        place,
        _rows(site, table),
        mode="overwrite",
        schema_mode="overwrite",
        name=table.contract.name,
        description=table.contract.grain,
        storage_options=options or None,
        commit_properties=CommitProperties({RELEASE: str(entry.number), CONTENT: content, "ecomLake.shop": site.shop.name}),
    )
    written = DeltaTable(place, storage_options=options or None)
    written.vacuum(dry_run=False)  # files that no version of the last week needs
    return Exported(table.contract.name, table.rows, written.version(), is_new=True)


def _open(place: str, options: dict[str, str]) -> DeltaTable | None:
    try:
        return DeltaTable(place, storage_options=options or None)
    except TableNotFoundError:
        return None


def _last_content(table: DeltaTable) -> str | None:
    """The content that the last write of an export states; None if somebody else wrote into the table since then."""
    for commit in table.history():
        if commit.get("operation") == "WRITE":
            found = commit.get(CONTENT)
            return str(found) if found else None
        if not str(commit.get("operation", "")).startswith("VACUUM"):
            return None
    return None


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
