"""The bytes of a SQLite file that belong to no row: free pages, and the gaps between the rows of a page.

A deleted row stays there until something is written over it. Layout: https://www.sqlite.org/fileformat2.html
Here: where these bytes are. Not here: what is searched in them (sqlite_numbers.py).
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field

_HEADER = 100
"""Bytes of the header of the file, at the beginning of its first page."""
_LARGEST_PAGE = 65_536
_INDEX, _TABLE, _INDEX_LEAF, _TABLE_LEAF = 2, 5, 10, 13


def page_size(data: mmap.mmap) -> int:
    size = _number(data, 16, 2)
    return _LARGEST_PAGE if size == 1 else size


def free_bytes(data: mmap.mmap) -> Iterator[tuple[int, bytes]]:
    """Each run of bytes that no row uses, with its place. Pages that belong to no tree and no long value are given whole."""
    size = page_size(data)
    pages = _Pages(data, size)
    free = pages.free()
    used = {page: list(pages.rows(page)) for page in range(1, len(data) // size + 1) if page not in free and pages.is_tree(page)}
    for page in range(1, len(data) // size + 1):
        at = start = (page - 1) * size
        for begin, end in sorted((*used.get(page, ()), *pages.long_values.get(page, ()))):
            yield at, data[at : start + begin]
            at = max(at, start + end)
        yield at, data[at : start + size]


@dataclass
class _Pages:
    data: mmap.mmap
    size: int
    long_values: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """The bytes of overflow pages that rows use, which are known once the rows were read."""

    def __post_init__(self) -> None:
        self._usable = self.size - self.data[20]

    def free(self) -> set[int]:
        """The pages of the freelist: trunks, each of which lists leaves and names the next trunk."""
        free, trunk = set[int](), _number(self.data, 32, 4)
        while trunk and trunk not in free:
            start = (trunk - 1) * self.size
            leaves = range(start + 8, start + min(8 + 4 * _number(self.data, start + 4, 4), self.size), 4)
            free |= {trunk, *(_number(self.data, at, 4) for at in leaves)}
            trunk = _number(self.data, start, 4)
        return free

    def is_tree(self, page: int) -> bool:
        return not self._is_map(page) and self.data[self._header(page)] in (_INDEX, _TABLE, _INDEX_LEAF, _TABLE_LEAF)

    def _is_map(self, page: int) -> bool:
        """Whether the page maps pages to those that name them, which auto_vacuum needs."""
        return _number(self.data, 52, 4) > 0 and (page - 2) % (self._usable // 5 + 1) == 0

    def rows(self, page: int) -> Iterator[tuple[int, int]]:
        """Where the headers and the rows of a page lie in it."""
        start, header = (page - 1) * self.size, self._header(page)
        kind = self.data[header]
        first = header + (12 if kind in (_INDEX, _TABLE) else 8)
        last = first + 2 * _number(self.data, header + 3, 2)
        yield 0, last - start
        for pointer in range(first, last, 2):
            place = _number(self.data, pointer, 2)
            yield place, self._end(start + place, kind) - start

    def _header(self, page: int) -> int:
        return _HEADER if page == 1 else (page - 1) * self.size

    def _end(self, at: int, kind: int) -> int:
        if kind in (_INDEX, _TABLE):
            at += 4  # the page below
        if kind == _TABLE:
            return self._varint(at)[1]
        length, at = self._varint(at)
        if kind == _TABLE_LEAF:
            at = self._varint(at)[1]
        inside = self._on_page(length, kind)
        if inside < length:
            self._follow(_number(self.data, at + inside, 4), length - inside)
            return at + inside + 4
        return at + inside

    def _on_page(self, length: int, kind: int) -> int:
        """How much of a row its page holds; the rest is on overflow pages."""
        most = self._usable - 35 if kind == _TABLE_LEAF else (self._usable - 12) * 64 // 255 - 23
        if length <= most:
            return length
        least = (self._usable - 12) * 32 // 255 - 23
        inside = least + (length - least) % (self._usable - 4)
        return inside if inside <= most else least

    def _follow(self, page: int, rest: int) -> None:
        rest = min(rest, len(self.data))  # also in a damaged file
        while page and rest > 0:
            part = min(rest, self._usable - 4)
            self.long_values.setdefault(page, []).append((0, 4 + part))
            rest -= part
            page = _number(self.data, (page - 1) * self.size, 4)

    def _varint(self, at: int) -> tuple[int, int]:
        """The number and the place after it."""
        value = 0
        for place in range(at, at + 8):
            value = value << 7 | self.data[place] & 0x7F
            if self.data[place] < 0x80:
                return value, place + 1
        return value << 8 | self.data[at + 8], at + 9


def _number(data: mmap.mmap, at: int, length: int) -> int:
    return int.from_bytes(data[at : at + length], "big")
