"""Maps with files in which persons cannot be searched for: refused before an erasure, and by each ingest after one.

Not here: whether the tables of a map stay the same without the persons (engine/forget/mapped_rows.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from ecom_lake.engine.contracts.delivered import PERSON
from ecom_lake.engine.mapping.cells import Scope, read_cell
from ecom_lake.engine.mapping.columns_used import cell_of
from ecom_lake.engine.mapping.definitions import Map
from ecom_lake.engine.mapping.lookup_query import columns_read
from ecom_lake.engine.mapping.source_columns import places_read, source_columns
from ecom_lake.errors import UserError


def refuse_unsafe_map(map_: Map) -> None:
    """Raise an error if a delivered file may hold a person whom no id of its records names."""
    for facet in map_.facets:
        for name, kind in map_.targets[facet.target].ids.items():
            if kind == PERSON and name in facet.cells and any(len(path) == 2 for path in cell_of(facet, name).columns):
                raise UserError(
                    f"{name} of [{facet.target}] in the map is looked up in another file, so that rows of erased persons would "
                    f"not be recognised when they come without that file: read it from a column of [files.{facet.kind}]."
                )
    for unsearched in sorted(_with_persons(map_)):
        raise UserError(
            f"[files.{unsearched}] in the map may hold persons, and no table with ids is read from it: add [customers] from "
            "it, or remove it from the map."
        )


def _with_persons(map_: Map) -> set[str]:
    """The kinds of files that no table about persons is read from, and that may hold persons all the same."""
    about = [facet for facet in map_.facets if map_.targets[facet.target].ids]
    searched = {map_.file_kind(facet.kind).name for facet in about}
    read = {map_.file_kind(facet.kind).name for facet in map_.facets} | {
        map_.file_kind(kind).name for lookup in map_.lookups.values() for kind in columns_read(map_, lookup, ())
    }
    only_checked = {check.kind for check in map_.checks} - read
    found = only_checked | set(_read_for_persons(map_)) | set(_looked_up_by_ids(map_))
    return {map_.file_kind(kind).name for kind in found} - searched


def _read_for_persons(map_: Map) -> Iterator[str]:
    """The kinds of files that cells of ids and of personal columns read."""
    for facet in map_.facets:
        target = map_.targets[facet.target]
        for name in facet.cells if target.ids else ():
            if name in target.ids or name in target.personal:
                yield from (kind for kind, _ in places_read(map_, facet, name))


def _looked_up_by_ids(map_: Map) -> Iterator[str]:
    """The kinds of files in which rows are looked up by a column that leads to a person."""
    for facet in map_.facets:
        led = source_columns(map_, map_.file_kind(facet.kind).name).led
        for alias, key in facet.join.items():
            if not led.keys().isdisjoint(path[0] for path in read_cell(key, Scope.ROW).columns):
                yield from columns_read(map_, map_.lookups[alias], ())
