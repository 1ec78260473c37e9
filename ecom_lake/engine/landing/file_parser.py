"""One file of delimited text as bronze: every field as text, every record either a row or a reject.

Not here: unpacking (archives.py), encoding and header (file_beginning.py), reading records (records.py), where the Parquet files
are kept (engine/store/lake.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ecom_lake.engine.contracts.delivered import Delivered
from ecom_lake.engine.landing.archives import Member
from ecom_lake.engine.landing.csv_grammar import Grammar
from ecom_lake.engine.landing.file_beginning import read_beginning, text_blocks
from ecom_lake.engine.landing.header import Header
from ecom_lake.engine.landing.parquet_writer import RowWriter
from ecom_lake.engine.landing.records import Batch, Records, Reject
from ecom_lake.engine.landing.table_recognition import Layout, layout, recognise

BLOCK = 1 << 20

REJECTS = pa.schema([("source_record", pa.int64()), ("line", pa.int64()), ("raw", pa.string()), ("reason", pa.string())])


@dataclass(frozen=True)
class Parsed:
    table: str
    rows: int
    rejected: int
    extra_columns: tuple[str, ...]
    """Columns that the table does not define; kept after its own."""
    missing_optional: tuple[str, ...]
    encoding: str
    delimiter: str
    misnamed_columns: tuple[tuple[str, str], ...] = ()
    """Extra columns that are probably missing ones under another name: the name in the file, the name in the table."""


def parse(member: Member, delivered: Sequence[Delivered], target: Path, rejects: Path, block: int = BLOCK) -> Parsed:
    """Write `target`, and `rejects` if there are any. Raises `Refused`, and then leaves neither file.

    `target` has the table's columns in its order, then the extra ones, then `source_record`: the number of the record in
    the file, from 1, rejected records included. An empty field is null. The bytes depend on the file alone.
    """
    encoding, header = read_beginning(member, delivered)
    table = recognise(member.name, header, delivered)
    header = header or Header(table.columns, ",", 0, 0)
    columns = layout(member.name, table, header)
    blocks = _after(header.size, text_blocks(member, encoding, block, table.file_format))
    has_dropped = bool(table.file_format and table.file_format.drop)
    records = Records(Grammar(header.delimiter, len(header.names), header=header.fields), line=1 + header.lines)
    try:
        with RowWriter(target, _schema(columns)) as rows, RowWriter(rejects, REJECTS) as rejected:
            rows.open()
            for batch in records.batches(blocks):
                rows.write(_rows(batch, columns))
                rejects_of_batch = _rejects(batch.rejects)
                rejected.write(_without_text(rejects_of_batch) if has_dropped else rejects_of_batch)
    except BaseException:
        target.unlink(missing_ok=True)
        rejects.unlink(missing_ok=True)
        raise
    about_columns = (columns.extra, columns.missing, encoding.name, header.delimiter, columns.misnamed)
    return Parsed(table.name, rows.rows, rejected.rows, *about_columns)


def _after(size: int, blocks: Iterator[bytes]) -> Iterator[bytes]:
    for block in blocks:
        yield block[size:]
        size = max(0, size - len(block))


def _schema(columns: Layout) -> pa.Schema:
    return pa.schema([*((name, pa.string()) for name in columns.positions), ("source_record", pa.int64())])


def _rows(batch: Batch, columns: Layout) -> pa.Table:
    if not len(batch.numbers):
        return _schema(columns).empty_table()
    absent = pa.nulls(len(batch.numbers), pa.string())
    fields = [absent if position is None else batch.columns[position] for position in columns.positions.values()]
    return pa.Table.from_arrays([*fields, batch.numbers], schema=_schema(columns))


def _rejects(rejects: Sequence[Reject]) -> pa.Table:
    return pa.table([[getattr(reject, name) for reject in rejects] for name in REJECTS.names], schema=REJECTS)


def _without_text(rejects: pa.Table) -> pa.Table:
    """The text of a rejected record holds the columns that are never stored, too."""
    return rejects.set_column(REJECTS.get_field_index("raw"), "raw", pa.nulls(len(rejects), pa.string()))
