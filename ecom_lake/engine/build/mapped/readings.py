"""How the records of each delivery are read: as the delivered table itself, or as the canonical tables of a map.

The ledger closes for each of these readings. Here: the delivered rows of each, and the fates that silver does not decide.
Not here: the fates that silver decides, which the files of its tables record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ecom_lake.engine.build.mapped.facets import bronze_table, is_unfolded, lookup_kinds, map_of
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry, File

Fates = tuple[tuple[str, int, str, int], ...]


@dataclass(frozen=True)
class Reading:
    """The records of one delivery, read as one table."""

    kind: str
    """The delivered table; of records that a map unfolds, their own kind."""
    read_as: str
    delivered: File
    rows: int
    rejected: int
    fates: Fates = ()
    """The rows that do not reach silver."""
    erased: int = 0
    """Records of erased persons, which are not stored. Of unfolded records it is unknown how many there were."""


def readings(site: Site, entry: Entry) -> Iterator[Reading]:
    if site.map is None:
        for delivered in site.connector.delivered:
            for file in entry.parts(TableId("bronze", delivered.name)).values():
                yield Reading(delivered.name, delivered.name, file, file.rows, _rejected(file), erased=_erased(file))
        return
    yield from _of_facets(site, entry)
    for kind, fate in kinds_without_facet(site).items():
        for file in entry.parts(TableId("bronze", kind)).values():
            fates = ((kind, file.delivery.sequence, fate, file.rows),) if file.delivery and file.rows else ()
            yield Reading(kind, kind, file, file.rows, _rejected(file), fates, _erased(file))


def _of_facets(site: Site, entry: Entry) -> Iterator[Reading]:
    for facet in map_of(site).facets:
        mapped = entry.parts(TableId("mapped", facet.target))
        for part, file in entry.parts(bronze_table(site, facet)).items():
            made = mapped.get(part)
            if made is not None:
                rows = made.rows + sum(count for *_, count in made.fates) if is_unfolded(site, facet) else file.rows
                rejected = 0 if is_unfolded(site, facet) else _rejected(file)
                erased = 0 if is_unfolded(site, facet) else _erased(file)
                yield Reading(facet.kind, facet.target, file, rows, rejected, made.fates, erased)


def kinds_without_facet(site: Site) -> dict[str, str]:
    """The kinds of files that are read as no table: `collapsed` into other rows, if facets use them, else `left_out`."""
    map_ = map_of(site)
    read = {facet.kind for facet in map_.facets}
    used = {kind for facet in map_.facets for kind in (*lookup_kinds(site, facet), map_.file_kind(facet.kind).name)}
    return {
        kind.name: "collapsed" if kind.name in used else "left_out" for kind in site.connector.delivered if kind.name not in read
    }


def _erased(file: File) -> int:
    return file.delivery.erased if file.delivery else 0


def _rejected(file: File) -> int:
    return file.delivery.rejected if file.delivery else 0
