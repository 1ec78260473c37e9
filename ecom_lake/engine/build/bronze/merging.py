"""Merging small bronze files, so that years of nightly deliveries stay few files.

Adjacent small files of a table become one file, with the number of each row's delivery. The log still has a part for each
delivery, with its content hash, its rows and its time, and the version of the table stays the same: no table is rebuilt. The
merged-away files remain until `gc`, because older states name them.
Not here: reading merged files (delivered_rows.py), deleting merged-away ones (maintenance/garbage.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

import polars as pl

from ecom_lake import logs
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.built_with import commit_made
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.store.entry import Entry, File, Made, Parts
from ecom_lake.engine.store.integrity import hash_file
from ecom_lake.engine.store.lake import MERGED

SEQUENCE = LINEAGE[0]
_MANY = 64
"""The fewest files that are merged: a query opens 64 small files in some 20 ms, and two months of nights pass until then."""
_SMALL = 1 << 18
"""Bytes below which a file is small and is merged: reading a larger one takes longer than opening it."""
_LARGEST = _MANY * _SMALL
"""Bytes of the files that are merged into one, at most: about 200 MB of text in memory."""
Places = list[tuple[Part, File]]


def merge_small_files(site: Site, entry: Entry) -> Entry:
    """The newest state, in which adjacent small files of each delivered table are merged where there are enough of them."""
    merged: dict[TableId, dict[Part, File]] = {}
    for delivered in site.connector.delivered:
        table = TableId("bronze", delivered.name)
        for files in _mergeable(entry.parts(table)):
            merged.setdefault(table, {}).update(_merged(site, table, files))
    if not any(merged.values()):
        return entry
    logs.log_event("merged", tables=len(merged), parts=sum(map(len, merged.values())))
    return commit_made(site, lambda head: _with_merged(head, entry, merged), "bronze, small files merged")


def _mergeable(parts: Parts) -> Iterator[list[Places]]:
    """Runs of small files, each with the parts that are in it. They are adjacent: the order of the rows stays the same."""
    run: list[Places] = []
    for _, places in groupby(sorted(parts.items()), key=lambda place: place[1].path):
        file = list(places)
        size = sum(one[0][1].bytes for one in [*run, file])
        if file[0][1].bytes >= _SMALL or size > _LARGEST:
            yield from [run] if len(run) >= _MANY else []
            run = []
        if file[0][1].bytes < _SMALL:
            run.append(file)
    yield from [run] if len(run) >= _MANY else []


def _merged(site: Site, table: TableId, files: list[Places]) -> dict[Part, File]:
    """The parts of some files in one file; none if a file is damaged, which the next step reports, or columns clash."""
    if any(site.lake.damage_read(file) for places in files for _, file in places[:1]):
        return {}
    rows = pl.concat([_rows(site, places) for places in files], how="diagonal")
    if len({column.casefold() for column in rows.columns}) < rows.width:
        return {}  # DuckDB would rename one of two columns that differ in case only
    (first, _), (last, _) = files[0][0], files[-1][-1]
    with site.lake.scratch() as scratch:
        target = scratch / "merged.parquet"
        rows.write_parquet(target, compression="zstd", statistics=False)
        name = Part(batch=f"{MERGED}{first}-{last}-{hash_file(target)[:16]}")
        one = site.lake.publish(target, table, name, Made(rows=len(rows), fingerprint="", run=""), None)
    return {
        part: replace(file, path=one.path, bytes=one.bytes, hash=one.hash, first_hash=file.content)
        for places in files
        for part, file in places
    }


def _rows(site: Site, places: Places) -> pl.DataFrame:
    """All columns of the rows that a file holds for these parts, with the number of each row's delivery."""
    file, sequences = places[0][1], [one.delivery.sequence for _, one in places if one.delivery]
    rows = pl.read_parquet(site.lake.local(file), glob=False)
    if file.first_hash:  # it may hold a delivery that has its own file again
        return rows.filter(pl.col(SEQUENCE).is_in(sequences))
    return rows.with_columns(pl.lit(sequences[0], dtype=pl.Int64).alias(SEQUENCE))


def _with_merged(head: Entry, seen: Entry, merged: dict[TableId, dict[Part, File]]) -> Entry:
    """The head with the merged parts that did not change meanwhile."""
    changed = head
    for table, parts in merged.items():
        before, now = seen.parts(table), head.parts(table)
        same = {part: file for part, file in parts.items() if now.get(part) == before[part]}
        changed = changed.with_parts(table, same) if same else changed
    return changed
