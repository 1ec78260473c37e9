"""The values of a table, column by column, as Arrow holds them: in the memory of one batch, whole values at a time.

A text ends where its value ends. Numbers without a fraction, of any type, are compared with the ids that are numbers; times and
flags hold no id. Binary values are also unpacked where they are compressed, as in Dagster's run storage.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from ecom_lake.engine.forget.proof_escapes import unescape
from ecom_lake.engine.forget.proof_findings import Findings
from ecom_lake.engine.forget.proof_readers.raw import PIECE
from ecom_lake.engine.forget.proof_search import Bytes, Search, TextStream

_ESCAPES = r"\\u|&|%"
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")


def search_batch(batch: pa.RecordBatch, place: str, table: str, row: int, findings: Findings) -> None:
    """`row` is the number of the first row of the batch, counted from 0."""
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        where = ".".join(filter(None, (table, name)))
        for token, at in _in_column(column, findings.search):
            findings.note(place, "values", where, token, "a value of its dictionary" if at is None else f"row {row + at + 1:,}")


def _in_column(column: pa.Array, search: Search) -> Iterator[tuple[int, int | None]]:
    """Tokens, each with the row in the column; None for a value that a dictionary has."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        yield from ((token, None) for token, _ in _in_column(column.dictionary, search))
    elif pa.types.is_nested(kind):
        yield from ((token, None) for child in _children(column) for token, _ in _in_column(child, search))
    elif pa.types.is_integer(kind) or pa.types.is_decimal(kind) or pa.types.is_floating(kind):
        yield from _numbers(column, search)
    elif _is_bytes(kind):
        yield from _bytes(column, search)


def _children(column: pa.Array) -> list[pa.Array]:
    kind = column.type
    if pa.types.is_map(kind):
        return [column.keys, column.items]
    if pa.types.is_struct(kind) or pa.types.is_union(kind):
        return [column.field(at) for at in range(kind.num_fields)]
    return [column.flatten()]


def _is_bytes(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_binary, pa.types.is_large_binary,
             pa.types.is_binary_view, pa.types.is_fixed_size_binary)  # fmt: skip
    return any(test(kind) for test in tests)


def _numbers(column: pa.Array, search: Search) -> Iterator[tuple[int, int]]:
    if not search.numbers:
        return
    column = column.cast(pa.float64()) if pa.types.is_floating(column.type) else column
    unique = pc.unique(column.cast(pa.decimal128(38, 0)) if pa.types.is_unsigned_integer(column.type) else column)
    if pa.types.is_floating(column.type):
        unique = unique.filter(pc.is_finite(unique))
    if not pa.types.is_integer(column.type):
        unique = unique.filter(pc.equal(pc.floor(unique), unique))
    values = {int(value): value for value in unique.to_pylist() if value is not None}
    for value in values.keys() & search.numbers.keys():
        yield search.numbers[value], pc.index(column, value).as_py()


def _bytes(column: pa.Array, search: Search) -> Iterator[tuple[int, int]]:
    """All values lie one after the other in one buffer, which is searched in one call."""
    column = pc.fill_null(column.cast(pa.binary()).cast(pa.large_binary()), b"")
    if not len(column):
        return
    _, offsets, data = column.buffers()
    places = memoryview(offsets).cast("q")[column.offset : column.offset + len(column) + 1]
    values = memoryview(data or b"").cast("B")
    for one, start, end in search.candidates(values):
        row = bisect_right(places, start) - 1
        if not 0 <= row < len(column) or end > places[row + 1]:
            continue  # outside of the batch, or across two values
        value = values[places[row] : places[row + 1]]
        if search.is_complete(one, value, start - places[row], end - places[row], Bytes.TEXT):
            yield search.token(one), row
    if _may_hide(bytes(values)):
        yield from _hidden(column, search)


def _may_hide(data: bytes) -> bool:
    return any(mark in data for mark in (b"\\u", b"&", b"%", *_ZLIB))


def _hidden(column: pa.LargeBinaryArray, search: Search) -> Iterator[tuple[int, int]]:
    """The tokens in values that are escaped or compressed."""
    may_hide = pc.or_(pc.match_substring_regex(column, _ESCAPES), pc.starts_with(column, b"\x78"))
    for row in pc.indices_nonzero(may_hide).to_pylist():
        yield from ((token, row) for token in _hidden_in(column[row].as_py(), search))


def _hidden_in(value: bytes, search: Search) -> set[int]:
    found, is_packed = set[int](), False

    def note(token: int, _place: int) -> None:
        found.add(token)

    stream = TextStream(search, Bytes.TEXT, note, note)
    for piece in _unpacked(value):
        stream.feed(piece)
        is_packed = True
    stream.feed(b"", is_last=True)
    return found if is_packed else search.in_value(unescape(value))


def _unpacked(value: bytes) -> Iterator[bytes]:
    """What is compressed in a value, in pieces, because a small value may hold much."""
    if not value.startswith(_ZLIB):
        return
    packed = zlib.decompressobj()
    try:
        while piece := packed.decompress(value, PIECE):
            yield piece
            value = packed.unconsumed_tail
    except zlib.error:
        return  # a text that begins with an x
