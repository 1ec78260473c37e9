"""The beginning of one delivered file: its encoding, its header, and the table that it belongs to.

Not here: finding the header in a text (header.py), the table of a header (table_recognition.py), reading records (records.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ecom_lake.engine.contracts.delivered import SPACES, Delivered, FileFormat
from ecom_lake.engine.landing.archives import Member
from ecom_lake.engine.landing.blanks import blanks_as_tabs
from ecom_lake.engine.landing.encodings import Encoding, encoding_of, utf8_blocks
from ecom_lake.engine.landing.file_kinds import binary_kind, text_kind
from ecom_lake.engine.landing.header import DELIMITERS, Header, given_header, read_header
from ecom_lake.engine.landing.refused import LONGEST_NAME, Refused
from ecom_lake.engine.landing.table_recognition import named_table, recognise, spellings

BEGINNING = 1 << 20
"""Bytes within which the header must end."""
MOST_COLUMNS = 1_000


def table_of(member: Member, delivered: Sequence[Delivered]) -> str:
    """The delivered table that a file belongs to, from its name and its header. Raises `Refused` where it belongs to none."""
    _, header = read_beginning(member, delivered)
    return recognise(member.name, header, delivered).name


def read_beginning(member: Member, delivered: Sequence[Delivered]) -> tuple[Encoding, Header | None]:
    """The encoding and the header of a file; no header where it is empty. Raises `Refused`."""
    if member.refused:
        raise Refused(member.refused)
    with member.path.open("rb") as file:
        _refuse(member, binary_kind(file.read(512)))
    encoding = encoding_of(member.path)
    table = named_table(member.name, delivered)
    blocks = text_blocks(member, encoding, BEGINNING, table.file_format if table else None)
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


def text_blocks(member: Member, encoding: Encoding, size: int, form: FileFormat | None) -> Iterator[bytes]:
    """The text in blocks of UTF-8; blanks that separate columns are a tab."""
    blocks = utf8_blocks(member.path, encoding, size)
    return blanks_as_tabs(blocks) if form and form.separator == SPACES else blocks


def _refuse(member: Member, kind: str) -> None:
    if kind:
        raise Refused(f"{member.name} is {kind}, not delimited text: export it as CSV.")
