"""The ids of persons in bronze, and which of its rows are about given persons. Not here: changing these rows (engine/forget/)."""

from __future__ import annotations

import polars as pl

from ecom_lake.engine.build.bronze.delivered_rows import read_rows
from ecom_lake.engine.build.erasure.person_rows import Tables, about_persons, id_columns, is_hit, known_ids, linking_kinds
from ecom_lake.engine.build.erasure.source_ids import delivered_sources, source_id_tables, spelling_kinds
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry
from ecom_lake.engine.store.erasure_list import ErasureList, Ids


def id_tables(site: Site, entry: Entry) -> Tables:
    """The ids of every delivered row about a person, with its lineage. Of a shop with a map: what the map makes of it."""
    if site.map is not None:
        return source_id_tables(delivered_sources(site, entry))
    return [
        (table, [id_columns(read_rows(site, entry, TableId("bronze", table.name), table), table).select(*table.ids, *LINEAGE)])
        for table in about_persons(site.connector.delivered)
    ]


def linking(site: Site) -> frozenset[str]:
    spelled = spelling_kinds(site) if site.map is not None else frozenset[str]()
    return linking_kinds(about_persons(site.connector.sources)) | spelled


def hits_in(site: Site, tables: Tables, ids: Ids) -> dict[str, pl.DataFrame]:
    """By delivered table: the lineage of the rows about these persons; tables without such a row are left out."""
    found: dict[str, list[pl.DataFrame]] = {}
    for table, frames in tables:
        rows = pl.concat(frames).filter(is_hit(table, ids, linking(site))).select(LINEAGE).collect()
        if len(rows):
            found.setdefault(table.name, []).append(rows)
    return {name: pl.concat(some).unique().sort(LINEAGE) for name, some in found.items()}


def holds_erased(site: Site, entry: Entry, listed: ErasureList) -> bool:
    """Whether bronze has a row about an erased person."""
    tables = id_tables(site, entry)
    return bool(hits_in(site, tables, known_ids(listed, tables)))
