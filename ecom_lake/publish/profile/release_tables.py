"""The tables of a release that are profiled."""

from __future__ import annotations

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.serve.profile.queries import Source
from ecom_lake.engine.store.entry import Entry


def silver_sources(site: Site, entry: Entry) -> list[Source]:
    """The silver tables of a release, those with the most rows first."""
    sources = [source(site, entry, table) for table in site.registry.silver.values() if entry.parts(table.id)]
    return sorted(sources, key=lambda one: (-one.rows, one.table.name))


def source(site: Site, entry: Entry, table: Table, *only: str) -> Source:
    """`only`: the columns that are profiled, if not all."""
    prefix = f"{table.name}."
    named = {name.removeprefix(prefix): why for name, why in site.absent.items() if name.startswith(prefix)}
    absent = {name: why for name, why in named.items() if name in table.columns}
    return Source(table, sum(file.rows for file in entry.parts(table.id).values()), absent, only)
