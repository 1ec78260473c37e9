"""New deliveries without erased persons, before they become bronze.

A record of an erased person is dropped, whether the person's orders were removed or stayed under other ids: nothing counts twice.
Ids that such records lead to, as of a later order, join the erasure list. Not here: landing files as Parquet (engine/landing/).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ecom_lake.engine.build.erasure.bronze_ids import hits_in, linking
from ecom_lake.engine.build.erasure.person_rows import (
    ERASED,
    Tables,
    id_columns,
    known_ids,
    malformed_hits,
    mentions_of,
    with_owned,
)
from ecom_lake.engine.build.erasure.source_ids import SourceRows, looked_up_rows, source_id_tables
from ecom_lake.engine.build.erasure.source_rows import under_own_names
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.delivered import LINEAGE, Delivered
from ecom_lake.engine.landing.record_editing import Edits
from ecom_lake.engine.store.erasure_list import ErasureList

SEQUENCE, RECORD = LINEAGE
_ABOVE_ALL = 1 << 40


@dataclass(frozen=True)
class Arrival:
    """A delivered file as Parquet, not yet in the store."""

    table: Delivered
    rows: Path
    rejects: Path | None


@dataclass(frozen=True)
class Dropped:
    rows: int
    """Those that stay."""
    erased: int
    edits: Edits


def drop_erased(site: Site, listed: ErasureList, arrivals: Mapping[str, Arrival]) -> dict[str, Dropped]:
    """Rewrite the arrivals that hold an erased person; returns what was dropped from these. Adds owned ids to the list."""
    tables = _of_map(site, arrivals) if site.map is not None else _by_columns(arrivals)
    ids = with_owned(known_ids(listed, tables), tables, linking(site))
    listed.add("remove", ids)
    hits = pl.concat([pl.DataFrame(schema=dict.fromkeys(LINEAGE, pl.Int64())), *hits_in(site, tables, ids).values()])
    records = {number: set(rows[RECORD]) for (number,), rows in hits.group_by(SEQUENCE)}
    found = {name: _dropped(listed, arrivals[name], records.get(number, set())) for number, name in _numbered(arrivals)}
    return {name: dropped for name, dropped in found.items() if dropped}


def _numbered(arrivals: Mapping[str, Arrival]) -> Iterator[tuple[int, str]]:
    """The arrivals with numbers that no delivery of the lake has."""
    return enumerate(arrivals, start=_ABOVE_ALL)


def _by_columns(arrivals: Mapping[str, Arrival]) -> Tables:
    return [
        (arrivals[name].table, [_ids(number, arrivals[name])]) for number, name in _numbered(arrivals) if arrivals[name].table.ids
    ]


def _ids(number: int, arrival: Arrival) -> pl.LazyFrame:
    ids = id_columns(pl.scan_parquet(arrival.rows, glob=False), arrival.table)
    return ids.select(*arrival.table.ids, pl.lit(number, pl.Int64).alias(SEQUENCE), RECORD)


def _of_map(site: Site, arrivals: Mapping[str, Arrival]) -> Tables:
    """What the map makes of the arrivals; it may look rows up in bronze and in other arrivals."""
    arriving: dict[str, list[pl.DataFrame]] = {}
    for number, name in _numbered(arrivals):
        arrival = arrivals[name]
        rows = pl.read_parquet(arrival.rows, glob=False).with_columns(pl.lit(number, pl.Int64).alias(SEQUENCE))
        arriving.setdefault(arrival.table.name, []).append(under_own_names(arrival.table, rows))
    delivered = looked_up_rows(site, site.lake.log.head())
    looked_up = {kind: pl.concat([rows, *arriving.get(kind, ())]) for kind, rows in delivered.items()}
    return source_id_tables(SourceRows(site, {kind: pl.concat(rows) for kind, rows in arriving.items()}, looked_up))


def _dropped(listed: ErasureList, arrival: Arrival, records: Set[int]) -> Dropped | None:
    hits = frozenset(records)
    malformed = _without_malformed(listed, arrival) if arrival.rejects else frozenset()
    if not hits and not malformed:
        return None
    rows = pl.read_parquet(arrival.rows, glob=False)
    kept = rows.filter(~pl.col(RECORD).is_in(sorted(hits)))
    kept.write_parquet(arrival.rows, compression="zstd", statistics=False)
    place = positions(rows[RECORD])
    cut = frozenset(place[number] for number in hits)
    return Dropped(len(kept), len(hits), Edits(cut=cut, malformed=malformed, mentions=mentions_of(listed)))


def _without_malformed(listed: ErasureList, arrival: Arrival) -> frozenset[int]:
    """The positions of the malformed records whose text goes."""
    assert arrival.rejects is not None
    rejects = pl.read_parquet(arrival.rejects, glob=False)
    hits = malformed_hits(rejects, mentions_of(listed))
    if hits:
        without_text(rejects, hits).write_parquet(arrival.rejects, compression="zstd", statistics=False)
    place = positions(rejects[RECORD])
    return frozenset(place[number] for number in hits)


def positions(numbers: Iterable[int]) -> dict[int, int]:
    """The position of each record of a file among its valid records, or among its malformed ones: after records were removed, the
    numbers in bronze have gaps, and the landed file has none."""
    return {number: position for position, number in enumerate(sorted(numbers), start=1)}


def without_text(rejects: pl.DataFrame, numbers: set[int]) -> pl.DataFrame:
    text = pl.when(pl.col(RECORD).is_in(sorted(numbers))).then(pl.lit(ERASED)).otherwise("raw")
    return rejects.with_columns(text.alias("raw"))
