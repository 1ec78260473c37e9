"""Writing the parts of a mapped table: small adjacent deliveries share a file, and equal rows keep the file that they have.

Not here: making the rows (mapping.py, whole_files.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.store.entry import Entry, File, Made

SEQUENCE = LINEAGE[0]
_FILE_ROWS = 100_000
"""Rows from which deliveries no longer share a file: a query of one of them reads the whole file."""
_NOTHING = f"{0:032x}"


def part_of(sequence: int) -> Part:
    return Part(batch=f"{sequence:08d}")


def write_parts(
    site: Site, entry: Entry, table: TableId, made: Mapping[int, Made], rows: pl.DataFrame
) -> Iterator[tuple[Part, File]]:
    """The parts of some deliveries, with their rows in the store. `made` is by delivery."""
    digests = digests_of(rows)
    new: dict[int, Made] = {}
    for sequence, one in made.items():
        before = entry.parts(table).get(part_of(sequence))
        if before and before.content == digests.get(sequence, _NOTHING) and not site.lake.damage_read(before):
            kept = one.published(before.path, before.bytes, before.hash, before.run)
            yield part_of(sequence), replace(kept, first_hash=before.content)
        else:
            new[sequence] = one
    for group in groups({sequence: one.rows for sequence, one in new.items()}, _FILE_ROWS):
        file = _publish(site, table, rows.filter(pl.col(SEQUENCE).is_in(group)), group)
        for sequence in group:
            published = new[sequence].published(file.path, file.bytes, file.hash)
            yield part_of(sequence), replace(published, first_hash=digests.get(sequence, _NOTHING))


def digests_of(rows: pl.DataFrame) -> dict[int, str]:
    """By delivery: a digest of its rows, in any order."""
    content = pl.struct(pl.exclude(SEQUENCE))
    digests = rows.lazy().group_by(SEQUENCE).agg(one=content.hash(1).bitwise_xor(), other=content.hash(2).bitwise_xor()).collect()
    return {sequence: f"{one:016x}{other:016x}" for sequence, one, other in digests.iter_rows()}


def groups(rows: Mapping[int, int], limit: int) -> Iterator[list[int]]:
    """Consecutive deliveries that have at most so many rows together, or one delivery."""
    group: list[int] = []
    size = 0
    for sequence, count in sorted(rows.items()):
        if group and size + count > limit:
            yield group
            group, size = [], 0
        group.append(sequence)
        size += count
    if group:
        yield group


def _publish(site: Site, table: TableId, rows: pl.DataFrame, sequences: list[int]) -> File:
    name = "-".join(dict.fromkeys(str(part_of(sequence)) for sequence in (sequences[0], sequences[-1])))
    with site.lake.scratch() as scratch:
        target = scratch / "mapped.parquet"
        rows.write_parquet(target, compression="zstd", compression_level=1)
        return site.lake.publish(target, table, Part(batch=name), Made(rows=len(rows), fingerprint="", run=site.run), None)
