"""Which tables a map can read row by row, as a pull with `since` lands them: the rows that changed, without their neighbours.

A map that replaces whole orders or files, or that numbers or adds up the records of a group, would take the changed rows for all
rows: the others would be superseded, or counted again. Not here: which rows changed (pull.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from ecom_lake.engine.build.landing_site import LandingSite, read_map_of
from ecom_lake.engine.build.pull.earlier_pulls import PulledFile
from ecom_lake.engine.landing.table_recognition import named_after
from ecom_lake.engine.mapping import map_file
from ecom_lake.engine.mapping.columns_used import cells_of
from ecom_lake.engine.mapping.definitions import Facet, Map
from ecom_lake.engine.mapping.functions import AGGREGATES, GROUP_HELPERS
from ecom_lake.errors import UserError


def refuse_changed_rows(site: LandingSite, tables: Iterable[str]) -> None:
    """Raise an error for the first of these tables that the shop's map can read whole only."""
    map_ = read_map_of(site.registry, site.shop)
    if map_ is None:
        return
    delivered = map_file.delivered(map_)
    for table in tables:
        kind = named_after(PulledFile(1, table, datetime.now(UTC)).path, delivered)
        if kind and (why := _why_whole(map_, kind)):
            raise UserError(
                f"[shops.{site.shop.name}.database.tables.{table}] has since, and the map '{site.shop.map}' {why}: with only the "
                "rows that changed, the others would be lost. Remove since, so that the table is pulled whole, or change the map."
            )


def _why_whole(map_: Map, kind: str) -> str | None:
    if map_.kinds[kind].whole != "rows":
        return f'reads {kind} with whole = "{map_.kinds[kind].whole}"'
    for facet in map_.facets:
        if facet.kind == kind and (calls := _calls_about_groups(facet)):
            return f"calls {calls[0]}() about the records of {facet.per} in [{facet.target}]"
    return None


def _calls_about_groups(facet: Facet) -> list[str]:
    """The functions of its cells whose value depends on all records of a group."""
    called = {function for cell in cells_of(facet) for function in cell.functions} if facet.per else set()
    return sorted(called & (AGGREGATES | GROUP_HELPERS.keys()))
