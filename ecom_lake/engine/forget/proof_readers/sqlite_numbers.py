"""Ids that are numbers, as SQLite stores a number: in the bytes that no row uses, where a deleted row may have left them.

Here: the forms of a number and the search for them. Not here: the numbers in rows, which are read as values (sqlite_file.py).
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache

from ahocorasick_rs import BytesAhoCorasick

from ecom_lake.engine.forget.proof_findings import Findings
from ecom_lake.engine.forget.proof_readers.raw import noting
from ecom_lake.engine.forget.proof_readers.source import Source
from ecom_lake.engine.forget.proof_search import Search

_LENGTHS = (1, 2, 3, 4, 6, 8)
"""Bytes of an integer in a row. SQLite takes the fewest."""
_LARGEST = 2**63
_FEWEST_BYTES = 4
"""Shorter numbers occur by chance in bytes that mean something else."""
_PIECE = 1 << 16


def search_numbers(source: Source, findings: Findings, parts: Iterable[tuple[int, bytes]]) -> None:
    """Note long numbers. Where only a short one is found that is in no row, the file cannot be proved."""
    if not findings.search.numbers:
        return
    numbers, note, short = _numbers(findings.search), noting(source, findings, "free space"), set[int]()
    for start, part in parts:
        for token, at, length in numbers.found(part):
            if length < _FEWEST_BYTES:
                short.add(token)
            else:
                note(token, start + at)
    if doubtful := short - findings.found(source.place):
        findings.not_read(
            source.place,
            f"Its free space has bytes like {len(doubtful):,} of the ids, which are short numbers: whether deleted rows hold "
            "them cannot be known. Rebuild it with VACUUM.",
        )


def whole(data: mmap.mmap) -> Iterator[tuple[int, bytes]]:
    """All bytes, in pieces that overlap."""
    for start in range(0, len(data), _PIECE):
        yield start, data[start : start + _PIECE + max(_LENGTHS)]


class _Numbers:
    def __init__(self, search: Search) -> None:
        forms = [(form, token) for number, token in search.numbers.items() for form in _forms(number)]
        self._tokens = [token for _, token in forms]
        self._automaton = BytesAhoCorasick([form for form, _ in forms])

    def found(self, data: bytes) -> Iterator[tuple[int, int, int]]:
        """Tokens, each with its place and its length."""
        for one, start, end in self._automaton.find_matches_as_indexes(data, overlapping=True):
            yield self._tokens[one], start, end - start


_numbers = lru_cache(maxsize=1)(_Numbers)


def _forms(number: int) -> set[bytes]:
    """An integer, the number of a row, and a floating point number."""
    forms = set[bytes]()
    if number < _LARGEST:
        length = next(one for one in _LENGTHS if number < 1 << (8 * one - 1))
        forms |= {number.to_bytes(length, "big"), _varint(number)}
    if number <= 1 << 53:
        forms.add(struct.pack(">d", number))
    return forms


def _varint(number: int) -> bytes:
    """Seven bits a byte; the ninth byte has eight."""
    if number >> 56:
        return _groups(number >> 8, last=0x80) + bytes([number & 0xFF])
    return _groups(number, last=0)


def _groups(number: int, last: int) -> bytes:
    groups = [number & 0x7F | last]
    while number := number >> 7:
        groups.append(number & 0x7F | 0x80)
    return bytes(reversed(groups))
