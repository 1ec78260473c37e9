"""The facets of a shop's map: which bronze table each one reads, and what its mapped rows depend on.

A facet is one kind of file, read as one canonical table. Here: names and fingerprints. Not here: the map language (mapping/),
running a facet (make_mapped.py).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.code_version import code_version
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.mapping.columns_used import cells_of, kinds_read
from ecom_lake.engine.mapping.definitions import Facet, Map

MADE_BY = "ecom_lake.engine.build.mapped.make_mapped"
"""The module whose code makes the mapped tables."""
RECORDS_IN_ONE = 1_000
"""An unfolded record has the number of its delivered record times this, plus its position there."""


def map_of(site: Site) -> Map:
    assert site.map is not None
    return site.map


def mapped_targets(site: Site) -> list[str]:
    """The canonical tables that the shop's map makes; none for a shop without a map."""
    made = {facet.target for facet in site.map.facets} if site.map else set()
    return [table.name for table in site.connector.mapped if table.name in made]


def facets_of(site: Site, target: str) -> list[Facet]:
    """The facets that a canonical table is made from."""
    return [facet for facet in map_of(site).facets if facet.target == target]


def delivered_tables(site: Site, source: str) -> list[TableId]:
    """The bronze tables that a table which silver reads comes from: itself, or those that a map makes it from."""
    if site.map is None:
        return [TableId("bronze", source)]
    return sorted({bronze_table(site, facet) for facet in facets_of(site, source)})


def is_unfolded(site: Site, facet: Facet) -> bool:
    return map_of(site).kinds[facet.kind].unfold is not None


def bronze_table(site: Site, facet: Facet) -> TableId:
    """The delivered table that a facet reads: its kind, or the kind that its kind is unfolded from."""
    return TableId("bronze", map_of(site).file_kind(facet.kind).name)


def lookup_kinds(site: Site, facet: Facet) -> list[str]:
    """The kinds of files that a facet looks rows up in."""
    return sorted(kinds_read(map_of(site), facet))


def inputs_of_table(site: Site, target: str) -> list[TableId]:
    """The bronze tables that a mapped table is made from."""
    facets = facets_of(site, target)
    looked_up = {TableId("bronze", kind) for facet in facets for kind in lookup_kinds(site, facet)}
    return sorted({bronze_table(site, facet) for facet in facets} | looked_up)


def mapped_from(site: Site, changed: Collection[TableId]) -> list[TableId]:
    """The mapped tables that are made from at least one of these bronze tables; none for a shop without a map."""
    return [
        TableId("mapped", target) for target in mapped_targets(site) if not set(changed).isdisjoint(inputs_of_table(site, target))
    ]


def definition(site: Site, facet: Facet) -> str:
    """A fingerprint of everything that the mapped rows of a facet depend on, except delivered rows and the pseudonym key.

    Of the map, these are only the parts that the facet uses: a changed cell makes no other table due."""
    map_ = map_of(site)
    kinds = [map_.kinds[kind] for kind in sorted({facet.kind, map_.file_kind(facet.kind).name, *lookup_kinds(site, facet)})]
    lookups = [map_.lookups[alias] for alias in facet.join]
    words = [map_.words[name] for name in sorted({name for cell in cells_of(facet) for name in cell.words})]
    checks = [check for check in map_.checks if map_.file_kind(check.kind) in kinds]
    code = code_version(MADE_BY)
    return fingerprint(code, facet, kinds, lookups, words, checks, map_.targets[facet.target].columns, site.shop.timezone)


def uses_pseudonyms(facet: Facet) -> bool:
    cells = [*facet.cells.values(), facet.per or "", facet.where or "", *facet.join.values()]
    return any(re.search(r"\bhashed\s*\(", cell, re.IGNORECASE) for cell in cells)


def key_check(site: Site) -> str:
    """A value by which a changed pseudonym key is noticed; the key does not follow from it."""
    return hashlib.blake2b(b"pseudonym key", key=site.pseudonym_key[:64], digest_size=4).hexdigest()
