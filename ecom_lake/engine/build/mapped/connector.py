"""The connector of a map: its kinds of files are the delivered tables, and silver reads the canonical tables that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ecom_lake.engine.contracts.column_in_words import column_in_words
from ecom_lake.engine.contracts.connector import Connector
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.mapping.definitions import Map
from ecom_lake.engine.mapping.map_file import delivered
from ecom_lake.errors import UserError


def mapped_connector(map_: Map, canonical: Connector, silver: Mapping[str, Table]) -> Connector:
    """`canonical`: the connector whose delivered tables the map makes. `silver`: the contracts, by the name of their table."""
    _refuse_two_facets_of_a_file(map_)
    return replace(
        canonical,
        name=f"map-{map_.name}",
        meaning=map_.meaning,
        delivered=delivered(map_),
        mapped=canonical.delivered,
        absent=_absent(map_, canonical, silver),
        undated=None,
    )


def _refuse_two_facets_of_a_file(map_: Map) -> None:
    """A mapped row has the lineage of one delivered record, so a record gives at most one row of a table."""
    seen = set[tuple[str, str]]()
    for facet in map_.facets:
        reads = (facet.target, map_.file_kind(facet.kind).name)
        if reads in seen:
            raise UserError(
                f"The map '{map_.name}' makes {facet.target} twice from {reads[1]}: write one table [{facet.target}] for it."
            )
        seen.add(reads)


def _absent(map_: Map, canonical: Connector, silver: Mapping[str, Table]) -> Mapping[str, str]:
    """The canonical tables that the map does not make, and the columns that no cell of any table gives."""
    made, given = {facet.target for facet in map_.facets}, {cell for facet in map_.facets for cell in facet.cells}
    missing = [table.name for table in canonical.delivered if table.name not in made]
    missing += [
        f"{table.name}.{column}"
        for table in canonical.delivered
        if table.name in made
        for column in table.optional
        if column not in given
    ]
    return {**canonical.absent, **{name: _why_missing(map_, name, silver) for name in missing}}


def _why_missing(map_: Map, name: str, silver: Mapping[str, Table]) -> str:
    words = column_in_words(name, silver)
    return f"The map '{map_.name}' does not state {words} ({name})." if words else f"The map '{map_.name}' makes no {name}."
