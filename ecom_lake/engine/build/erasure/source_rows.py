"""Rows of the source files of a shop with a map without the person: new spellings of ids, and nothing that no table needs.

An id that is a number stays a number, so that the conditions of the map read it as before. Equal ids get equal new ones, however
the files spell them. Not here: which columns these are (engine/mapping/source_columns.py).
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ecom_lake.engine.build.erasure.person_rows import NewIds
from ecom_lake.engine.build.erasure.source_ids import ids_made
from ecom_lake.engine.build.mapped.facets import map_of
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.delivered import LINEAGE, Delivered
from ecom_lake.engine.mapping.kind_rows import stated_values
from ecom_lake.engine.mapping.source_columns import IdColumn, SourceColumns, source_columns
from ecom_lake.engine.store.erasure_list import Ids


def columns_of(site: Site, delivered: Delivered) -> SourceColumns:
    """The columns of a kind under the names that bronze stores them by: several, where files spell them differently."""
    columns = source_columns(map_of(site), delivered.name)
    led, ids = (
        {stored: found for own, found in some.items() for stored in stored_as(delivered, own)}
        for some in (columns.led, columns.ids)
    )
    return SourceColumns(led, ids, frozenset(stored for own in columns.kept for stored in stored_as(delivered, own)))


def stored_as(delivered: Delivered, own: str) -> tuple[str, ...]:
    headers = delivered.file_format.headers if delivered.file_format else {}
    return headers.get(own, (own,))


def under_own_names(delivered: Delivered, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows as bronze stores them, under the map's own names, as `kind_rows` returns them."""
    there = {own: [pl.col(name) for name in stored_as(delivered, own) if name in rows.columns] for own in delivered.columns}
    named = [(pl.coalesce(found) if found else pl.lit(None, pl.String)).alias(own) for own, found in there.items()]
    return rows.select(*named, *LINEAGE)


def unlinked_source(site: Site, delivered: Delivered, rows: pl.DataFrame, ids: Ids, new: NewIds) -> pl.DataFrame:
    """Rows about the persons, as bronze stores them, with new ids and without what no other cell reads."""
    columns = columns_of(site, delivered)
    own_names = {stored: own for own in delivered.columns for stored in stored_as(delivered, own)}
    changed: list[pl.Series] = []
    for name in rows.columns:
        if led := columns.ids.get(name):
            changed.append(_with_new_ids(site, delivered.name, own_names[name], led, rows[name], ids, new))
        elif name not in columns.kept and name not in LINEAGE:
            changed.append(pl.Series(name, [None] * len(rows), dtype=pl.String))
    return rows.with_columns(changed)


def _with_new_ids(site: Site, kind: str, own_name: str, led: IdColumn, values: pl.Series, ids: Ids, new: NewIds) -> pl.Series:
    stated = _stated(site, kind, values)
    made: Mapping[str, str] = {}
    if led.cell:
        made = ids_made(site, kind, own_name, led.cell, set(stated.drop_nulls()))

    def renamed(value: str | None, stored: str | None) -> str | None:
        if value is None:
            return stored
        if led.is_alone and value not in made:
            return None  # no id for the map, and still a value of the person
        key = made.get(value, value)
        is_of_others = led.is_alone and key not in ids.get(led.kind, ())
        return stored if is_of_others else new.of_same_form(led.kind, key)

    return pl.Series(values.name, [renamed(*pair) for pair in zip(stated, values, strict=True)], dtype=pl.String)


def _stated(site: Site, kind: str, values: pl.Series) -> pl.Series:
    lineage = (pl.lit(0, pl.Int64).alias(name) for name in LINEAGE)
    rows = pl.DataFrame({"value": values}).with_columns(*lineage)
    return stated_values(map_of(site).kinds[kind], ["value"], rows)["value"]
