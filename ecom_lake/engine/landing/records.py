"""Every record of a text, in order, valid or rejected: read by Arrow where that is proven to be right, else by the grammar.

Rows and rejects add up to the records, and do not depend on where the blocks were cut.
Not here: the names of the fields (header.py), where they are written (file_parser.py).
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ecom_lake.engine.landing import arrow_reader
from ecom_lake.engine.landing.csv_grammar import AFTER_QUOTE, NEVER_CLOSED, Found, Grammar, after_empty_lines, line_ends

LARGEST_PIECE = 2 << 20
"""Bytes that Arrow reads at a time."""
SMALLEST_PIECE = 64 << 10
"""Bytes of the last attempt with Arrow, after larger ones failed; characters that the grammar reads before the next attempt."""
KEPT_CHARACTERS = 10_000
"""Characters of a rejected record that are kept."""
_LINE_END = re.compile(rb"\r\n?|\n")


@dataclass(frozen=True)
class Reject:
    source_record: int
    line: int
    """Line of the file on which the record begins, counted from 1."""
    raw: str
    reason: str


@dataclass(frozen=True)
class Batch:
    """Some records: the columns of the valid ones, their numbers in the file, and the rejected ones."""

    columns: Sequence[pa.Array | pa.ChunkedArray]
    numbers: pa.Array
    rejects: Sequence[Reject] = ()


class Records:
    """Reads one text, whose first record begins on the given line."""

    def __init__(self, grammar: Grammar, line: int) -> None:
        self._grammar = grammar
        self._line = line
        self._count = 0
        self._largest_piece = self._piece_size = min(LARGEST_PIECE, grammar.longest - 1)
        self._in_sync = True
        self._skipping = False

    def batches(self, blocks: Iterable[bytes]) -> Iterator[Batch]:
        """Blocks are UTF-8, and no CRLF is cut in two."""
        rest, enough = b"", 0
        for block in blocks:
            rest += self._after_skipped(block)
            if len(rest) >= enough:
                rest = yield from self._read(rest, last=False)
                # An unfinished record is read again when twice as much has arrived, not with every block.
                enough = 2 * len(rest)
        yield from self._read(rest, last=True)

    def _read(self, text: bytes, last: bool) -> Generator[Batch, None, bytes]:
        """Returns the beginning of a record that may continue in the next block."""
        while text:
            used, batch = self._by_arrow(text, last)
            if not used:
                used, batch = self._by_grammar(text, last)
            if batch:
                yield batch
            if not used:
                break
            text = text[used:]
        return text

    def _by_arrow(self, text: bytes, last: bool) -> tuple[int, Batch | None]:
        """On smaller pieces where it fails: a malformed record must not slow down the reading of the records around it."""
        while True:
            piece = text[: self._piece_size + (text[self._piece_size - 1 : self._piece_size + 1] == b"\r\n")]
            end = arrow_reader.proven_end(piece, self._grammar.delimiter, last and len(piece) == len(text))
            proven = memoryview(piece)[:end]
            columns = arrow_reader.read_columns(proven, self._grammar.delimiter, self._grammar.width) if end else None
            if columns is not None and not arrow_reader.may_contain(columns, self._grammar.header):
                self._piece_size = min(8 * self._piece_size, self._largest_piece)
                return end, self._rows(columns, proven)
            if not end or self._piece_size <= SMALLEST_PIECE:
                return 0, None
            self._piece_size //= 8

    def _rows(self, columns: list[pa.ChunkedArray], text: memoryview) -> Batch:
        rows = len(columns[0])
        counted = np.arange(self._count + 1, self._count + rows + 1, dtype=np.int64)
        numbers = pa.Array.from_buffers(pa.int64(), rows, [None, pa.py_buffer(counted)])  # `pa.array` would import pandas
        self._count += rows
        self._line += arrow_reader.count_line_ends(text)
        self._in_sync = self._in_sync or rows > 0
        return Batch(columns, numbers)

    def _by_grammar(self, raw: bytes, last: bool) -> tuple[int, Batch | None]:
        text = raw.decode("utf-8", "surrogateescape")
        if last and not text.endswith(("\n", "\r")):
            text += "\n"
        rows: list[tuple[str, ...]] = []
        numbers: list[int] = []
        rejects: list[Reject] = []
        at = after_empty_lines(text, 0)
        counted = 0
        while at < len(text) and at < SMALLEST_PIECE:
            found = self._grammar.record(text, at, last, self._in_sync) or self._overlong(text, at)
            if found is None:
                break
            self._count += 1
            if found.reason:
                self._line += line_ends(text, counted, at)
                counted = at
                rejects.append(
                    Reject(self._count, self._line, _shown(text[at : min(found.end, at + KEPT_CHARACTERS)]), found.reason)
                )
                self._in_sync = self._in_sync and found.reason not in (AFTER_QUOTE, NEVER_CLOSED)
            else:
                rows.append(found.fields)
                numbers.append(self._count)
                self._in_sync = True
            at = after_empty_lines(text, found.end)
        self._line += line_ends(text, counted, at)
        used = min(len(text[:at].encode("utf-8", "surrogateescape")), len(raw))
        columns = [pa.array([field or None for field in column], pa.string()) for column in zip(*rows, strict=True)]
        return used, Batch(columns, pa.array(numbers, pa.int64()), rejects) if rows or rejects else None

    def _overlong(self, text: str, at: int) -> Found | None:
        """A line that is too long and whose end has not arrived: the rest of it is skipped."""
        if len(text) - at <= self._grammar.longest:
            return None
        self._skipping = True
        return Found(len(text), reason=self._grammar.too_long)

    def _after_skipped(self, block: bytes) -> bytes:
        if not self._skipping:
            return block
        end = _LINE_END.search(block)
        if end is None:
            return b""
        self._skipping = False
        self._line += 1
        return block[end.end() :]


def _shown(raw: str) -> str:
    return raw.rstrip("\r\n").encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
