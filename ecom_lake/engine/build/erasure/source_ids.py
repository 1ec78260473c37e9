"""The ids of persons in the source files of a shop with a map: what the map's cells make of each delivered record.

Each record is read three times: by itself, also where `where` leaves it out; in its group, so that a row without an id of its own
has that of its group; and by the columns that lead to a person, so that the spelling of the file is known, too.
Not here: the rows of these ids (bronze_ids.py), rows without them (source_rows.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from ecom_lake.engine.build.bronze.delivered_rows import kind_rows
from ecom_lake.engine.build.erasure.person_rows import Tables, merged
from ecom_lake.engine.build.mapped.facets import RECORDS_IN_ONE, is_unfolded, lookup_kinds, map_of
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.delivered import LINEAGE, Delivered
from ecom_lake.engine.mapping.compiled import FIRST
from ecom_lake.engine.mapping.definitions import Facet, Map
from ecom_lake.engine.mapping.kind_rows import stated_values
from ecom_lake.engine.mapping.run_facet import map_groups, map_rows
from ecom_lake.engine.mapping.source_columns import IdCell, IdColumn, of_one_record, source_columns
from ecom_lake.engine.store.entry import Entry

SEQUENCE, RECORD = LINEAGE
SPELLED = "spelled"
"""The column with an id as the file spells it."""


@dataclass(frozen=True)
class SourceRows:
    """Delivered rows under the map's own names, by kind of file."""

    site: Site
    searched: Mapping[str, pl.DataFrame]
    looked_up: Mapping[str, pl.DataFrame]
    """All rows of the kinds that lookups read."""


def spelling_kind(kind: str, column: str) -> str:
    """The kind of id of a source column's values: equal values of one column are of the same person."""
    return f"{kind}.{column}"


def spelling_kinds(site: Site) -> frozenset[str]:
    map_ = map_of(site)
    kinds = (kind.name for kind in map_.kinds.values() if not kind.unfold)
    return frozenset(spelling_kind(kind, column) for kind in kinds for column, _, _ in _spelled_columns(map_, kind))


def delivered_sources(site: Site, entry: Entry) -> SourceRows:
    """All rows in bronze of the kinds that have ids, and of those that are looked up."""
    kinds = sorted({map_of(site).file_kind(facet.kind).name for facet in _about_persons(site)})
    return SourceRows(site, {kind: kind_rows(site, entry, kind).collect() for kind in kinds}, looked_up_rows(site, entry))


def looked_up_rows(site: Site, entry: Entry) -> dict[str, pl.DataFrame]:
    """All rows in bronze of the kinds that a table about persons looks rows up in."""
    kinds = sorted({kind for facet in _about_persons(site) for kind in lookup_kinds(site, facet)})
    return {kind: kind_rows(site, entry, kind).collect() for kind in kinds}


def source_id_tables(rows: SourceRows) -> Tables:
    """The ids of each record of the searched rows, as tables that have the name of the kind of file."""
    return [table for facet in _about_persons(rows.site) for table in _of_facet(rows, facet)] + [
        table for kind in rows.searched for table in _spelled(rows, kind)
    ]


def groups_of(rows: SourceRows, facet: Facet) -> pl.DataFrame:
    """The records that a facet reads, each with the number of the first one of its group."""
    groups = map_groups(*_arguments(rows, facet))
    divided = (pl.col(name) // RECORDS_IN_ONE for name in (RECORD, FIRST))
    return groups.with_columns(divided) if is_unfolded(rows.site, facet) else groups


def canonical_forms(site: Site, kind: str, values: Collection[str]) -> dict[str, set[str]]:
    """Each of the values, and the ids of this kind that the map would make of it in any column that leads to a person."""
    forms = {value: {value} for value in values}
    for _, value, made in _forms(site, kind, values):
        forms[value].add(made)
    return forms


def possible_ids(site: Site, kind: str, values: Collection[str]) -> dict[str, set[str]]:
    """The values, what the map would make of them, and the kinds of spellings that they may be delivered as."""
    ids = {kind: set(values)}
    spellings = spelling_kinds(site) if site.map is not None else frozenset[str]()
    for spelled, value, made in _forms(site, kind, values):
        ids = merged(ids, {kind: {made}}, {spelled: {value}} if spelled in spellings else {})
    return ids


def _forms(site: Site, kind: str, values: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """The kind of spelling, a value, and the id that the map would make of it, for each column that leads to a person."""
    if site.map is None:
        return
    for name in (one.name for one in site.map.kinds.values() if not one.unfold):
        for column, led in source_columns(site.map, name).led.items():
            if led.kind == kind and led.cell:
                for value, made in ids_made(site, name, column, led.cell, values).items():
                    yield spelling_kind(name, column), value, made


def ids_made(site: Site, kind: str, column: str, cell: IdCell, values: Collection[str]) -> dict[str, str]:
    """Value of a source column → the id that a cell makes of it alone, where it makes one."""
    listed = sorted(values)
    columns = {name: pl.Series(listed if name == column else [None] * len(listed), dtype=pl.String) for name in cell.reads}
    lineage = {SEQUENCE: pl.Series([0] * len(listed), dtype=pl.Int64), RECORD: pl.int_range(len(listed), eager=True)}
    facet = Facet(cell.target, kind, {cell.column: cell.text})
    made = map_rows(map_of(site), facet, pl.DataFrame({**columns, **lineage}), {}, site.shop.timezone, site.pseudonym_key).rows
    return {listed[record]: value for record, value in made.select(RECORD, cell.column).iter_rows() if value is not None}


def _about_persons(site: Site) -> list[Facet]:
    map_ = map_of(site)
    return [facet for facet in map_.facets if map_.targets[facet.target].ids]


def _of_facet(rows: SourceRows, facet: Facet) -> Iterator[tuple[Delivered, list[pl.LazyFrame]]]:
    map_ = map_of(rows.site)
    kind = map_.file_kind(facet.kind).name
    if kind not in rows.searched:
        return
    ids = {name: of for name, of in map_.targets[facet.target].ids.items() if name in facet.cells}
    table = Delivered(kind, "", (), ids=ids)
    alone = {name: facet.cells[name] for name in ids if of_one_record(facet.cells[name])}
    if alone:
        by_itself = replace(facet, cells=alone, per=None, where=None, join={})
        yield replace(table, ids={name: ids[name] for name in alone}), [_ids(rows, by_itself)]
    if facet.per or facet.where or len(alone) < len(ids):
        yield table, [_ids(rows, facet)]


def _ids(rows: SourceRows, facet: Facet) -> pl.LazyFrame:
    """The ids of every record that a facet reads; those of a group's row count for all of its records."""
    made = map_rows(*_arguments(rows, facet)).rows.select(*map_of(rows.site).targets[facet.target].ids, *LINEAGE)
    if facet.per:
        groups = map_groups(*_arguments(rows, facet))
        own = groups.join(made, on=LINEAGE, how="left", maintain_order="left")
        carried = groups.join(made, left_on=[SEQUENCE, FIRST], right_on=LINEAGE, how="left", maintain_order="left")
        ids = [name for name in made.columns if name not in LINEAGE]
        made = own.select(*LINEAGE, *(pl.coalesce(pl.col(name), carried[name]).alias(name) for name in ids))
    if is_unfolded(rows.site, facet):
        made = made.with_columns(pl.col(RECORD) // RECORDS_IN_ONE)
    return made.lazy()


def _arguments(rows: SourceRows, facet: Facet) -> tuple[Map, Facet, pl.DataFrame, Mapping[str, pl.DataFrame], str, bytes]:
    site, map_ = rows.site, map_of(rows.site)
    looked_up = {kind: rows.looked_up[kind] for kind in lookup_kinds(site, facet)}
    return map_, facet, rows.searched[map_.file_kind(facet.kind).name], looked_up, site.shop.timezone, site.pseudonym_key


def _spelled(rows: SourceRows, kind: str) -> Iterator[tuple[Delivered, list[pl.LazyFrame]]]:
    """The ids as the file spells them, with what they are made into: each leads to the other."""
    for column, led, cell in _spelled_columns(map_of(rows.site), kind):
        frame = _with_ids(rows, kind, column, led, cell).lazy()
        ids = {SPELLED: spelling_kind(kind, column), cell.column: led.kind}
        yield Delivered(kind, "", (), ids=ids), [frame]
        yield Delivered(kind, "", (), ids=dict(reversed(ids.items()))), [frame]


def _spelled_columns(map_: Map, kind: str) -> Iterator[tuple[str, IdColumn, IdCell]]:
    """The columns whose values are ids of their records. A value that a group only may choose is none."""
    for column, led in source_columns(map_, kind).led.items():
        if led.cell and not led.cell.is_of_group:
            yield column, led, led.cell


def _with_ids(rows: SourceRows, kind: str, column: str, led: IdColumn, cell: IdCell) -> pl.DataFrame:
    """Of a cell that reads several columns, only the records whose id is that of this value: the phone of a guest may be that of
    somebody who is named by e-mail in all other records."""
    stated = stated_values(map_of(rows.site).kinds[kind], [column], rows.searched[kind]).drop_nulls(column)
    made = ids_made(rows.site, kind, column, cell, set(stated[column]))
    ids = pl.col(column).replace_strict(made, default=None, return_dtype=pl.String).alias(cell.column)
    spelled = stated.select(pl.col(column).alias(SPELLED), ids, *LINEAGE).drop_nulls(cell.column)
    if led.is_alone:
        return spelled
    of_records = map_rows(*_arguments(rows, Facet(cell.target, kind, {cell.column: cell.text}))).rows
    return spelled.join(of_records.select(cell.column, *LINEAGE), on=[cell.column, *LINEAGE], how="semi")
