"""SQLite: the values of every table, and the bytes of every page, so that deleted rows on free pages are found too.

SQLite stores values uncompressed. A long value goes on in overflow pages, each of which begins with the number of the next one:
what lies across two of them is joined. Numbers of deleted rows are searched for in the bytes that no row uses, and in all bytes
where a write-ahead log may state other rows. A log is a file of its own, which is read as pages, too.
"""

from __future__ import annotations

import mmap
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from ecom_lake.engine.forget.proof_findings import Findings
from ecom_lake.engine.forget.proof_readers.arrow_values import search_batch
from ecom_lake.engine.forget.proof_readers.raw import noting, pieces, search_text
from ecom_lake.engine.forget.proof_readers.source import Source
from ecom_lake.engine.forget.proof_readers.sqlite_numbers import search_numbers, whole
from ecom_lake.engine.forget.proof_readers.sqlite_pages import free_bytes, page_size
from ecom_lake.engine.forget.proof_search import CONTEXT, Bytes

_ROWS = 2_000


def read(source: Source, findings: Findings, _inner: object = None) -> None:
    search_text(source, findings, pieces(source.path), Bytes.PAGES)
    _overflow_pages(source, findings)
    try:
        with closing(sqlite3.connect(f"{source.path.absolute().as_uri()}?mode=ro", uri=True)) as con:
            con.text_factory = bytes
            names = con.execute("select name from sqlite_master where type = 'table' and rootpage > 0").fetchall()
            for (name,) in names:
                _table(source, findings, con, name.decode())
    except (sqlite3.Error, OverflowError) as error:
        findings.not_read(source.place, f"It cannot be read as a SQLite database ({type(error).__name__}).")
        return
    with _mapped(source) as data:
        search_numbers(source, findings, whole(data) if _has_log(source) else free_bytes(data))


def read_log(source: Source, findings: Findings, _inner: object = None) -> None:
    """A write-ahead log or a rollback journal: pages of a database as they were at other times."""
    search_text(source, findings, pieces(source.path), Bytes.PAGES)
    with _mapped(source) as data:
        search_numbers(source, findings, whole(data))


@contextmanager
def _mapped(source: Source) -> Iterator[mmap.mmap]:
    with source.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data


def _has_log(source: Source) -> bool:
    log = Path(f"{source.path}-wal")
    return log.exists() and log.stat().st_size > 0


def _table(source: Source, findings: Findings, con: sqlite3.Connection, name: str) -> None:
    quoted = name.replace('"', '""')
    rows = con.execute(f'select * from "{quoted}"')
    columns, row = [one[0] for one in rows.description], 0
    while batch := rows.fetchmany(_ROWS):
        for kind in (bytes, int, float):
            arrays = [pa.array(_of_kind(batch, at, kind)) for at in range(len(columns))]
            search_batch(pa.record_batch(arrays, columns), source.place, name, row, findings)
        row += len(batch)


def _of_kind(rows: Sequence[Sequence[Any]], column: int, kind: type) -> list[Any]:
    """The values of this type, because each row of SQLite may have another one."""
    return [row[column] if isinstance(row[column], kind) else None for row in rows]


def _overflow_pages(source: Source, findings: Findings) -> None:
    with _mapped(source) as data:
        size = page_size(data)
        reach = findings.search.longest + CONTEXT
        note = noting(source, findings, "overflow pages")
        for end, joined in _joints(data, size, reach):
            for one, start, stop in findings.search.candidates(joined):
                if start < reach < stop and findings.search.is_complete(one, joined, start, stop, Bytes.PAGES):
                    note(findings.search.token(one), end - reach + start)


def _joints(data: mmap.mmap, size: int, reach: int) -> Iterator[tuple[int, bytes]]:
    """The end of each page and the beginning of the next one of its chain, and where the page ends."""
    if size < 2 * reach:
        return
    pages = len(data) // size
    for page in range(pages):
        follower = int.from_bytes(data[page * size : page * size + 4], "big")
        if 1 < follower <= pages and follower != page + 1:
            end, begin = (page + 1) * size, (follower - 1) * size + 4
            yield end, data[end - reach : end] + data[begin : begin + reach]
