"""One file of delimited text as bronze: every field as text, every record either a row or a reject.

Not here: unpacking (archives.py), reading records (records.py), where the Parquet files are kept (engine/store/lake.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ecom_lake.engine.contracts.delivered import SPACES, Delivered, FileFormat
from ecom_lake.engine.landing.archives import Member
from ecom_lake.engine.landing.blanks import blanks_as_tabs
from ecom_lake.engine.landing.csv_grammar import Grammar
from ecom_lake.engine.landing.encodings import Encoding, encoding_of, utf8_blocks
from ecom_lake.engine.landing.file_kinds import binary_kind, text_kind
from ecom_lake.engine.landing.header import DELIMITERS, Header, given_header, read_header
from ecom_lake.engine.landing.parquet_writer import RowWriter
from ecom_lake.engine.landing.records import Batch, Records, Reject
from ecom_lake.engine.landing.refused import LONGEST_NAME, Refused
from ecom_lake.engine.landing.table_recognition import Layout, layout, named_table, recognise, spellings

BLOCK = 1 << 20
BEGINNING = 1 << 20
"""Bytes within which the header must end."""
MOST_COLUMNS = 1_000

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
    encoding, header = _opened(member, delivered)
    table = recognise(member.name, header, delivered)
    header = header or Header(table.columns, ",", 0, 0)
    columns = layout(member.name, table, header)
    blocks = _after(header.size, _text(member, encoding, block, table.file_format))
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


def _opened(member: Member, delivered: Sequence[Delivered]) -> tuple[Encoding, Header | None]:
    if member.refused:
        raise Refused(member.refused)
    with member.path.open("rb") as file:
        _refuse(member, binary_kind(file.read(512)))
    encoding = encoding_of(member.path)
    table = named_table(member.name, delivered)
    blocks = _text(member, encoding, BEGINNING, table.file_format if table else None)
    beginning, more = next(blocks, b""), next(blocks, None)
    _refuse(member, text_kind(beginning.decode("utf-8", "replace")))
    header = _header(member, beginning, table, delivered)
    if table and table.file_format and table.file_format.header:
        return encoding, header
    if more and (header is None or header.size == len(beginning)):
        raise Refused(f"{member.name} has no header in its first megabyte: put the names of the columns into its first line.")
    if header and len(header.names) > MOST_COLUMNS:
        raise Refused(
            f"{member.name} has {len(header.names):,} columns, and {MOST_COLUMNS:,} is the limit: "
            "remove the columns that nobody needs."
        )
    if header and (longest := max(map(len, header.names))) > LONGEST_NAME:
        raise Refused(
            f"{member.name} has a column whose name is {longest:,} characters long, and {LONGEST_NAME} is the limit: "
            "put the names of the columns into its first line."
        )
    return encoding, header


def _header(member: Member, beginning: bytes, table: Delivered | None, delivered: Sequence[Delivered]) -> Header | None:
    form = table.file_format if table else None
    stated = [form] if form and form.separator else [each.file_format for each in delivered if each.file_format]
    own = tuple("\t" if each.separator == SPACES else each.separator for each in stated if each.separator)
    delimiters = own if form and form.separator else tuple(dict.fromkeys([*DELIMITERS, *own]))
    if table is None or form is None or not form.header:
        return read_header(beginning, {spelling for each in delivered for spelling in spellings(each)}, delimiters)
    header = given_header(beginning, form.header, delimiters)
    if header is None and beginning.strip():
        raise Refused(
            f"{member.name} has another number of columns than the {len(form.header)} that {table.name} has without a header "
            f"({', '.join(form.header)}): correct the header in the map, or export the file again.",
            table.name,
        )
    return header


def _text(member: Member, encoding: Encoding, size: int, form: FileFormat | None) -> Iterator[bytes]:
    """The text in blocks of UTF-8; blanks that separate columns are a tab."""
    blocks = utf8_blocks(member.path, encoding, size)
    return blanks_as_tabs(blocks) if form and form.separator == SPACES else blocks


def _refuse(member: Member, kind: str) -> None:
    if kind:
        raise Refused(f"{member.name} is {kind}, not delimited text: export it as CSV.")


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
