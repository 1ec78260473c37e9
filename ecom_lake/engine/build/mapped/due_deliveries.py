"""Which deliveries of a facet are mapped again: new ones, all of them if the facet changed, some if rows that they look up did.

Here: what the log records of a mapped part, and comparing it. Not here: mapping (make_mapped.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from ecom_lake.engine.build.bronze.delivered_rows import deliveries_since, kind_rows
from ecom_lake.engine.build.mapped.facets import (
    bronze_table,
    definition,
    facets_of,
    is_unfolded,
    key_check,
    lookup_kinds,
    map_of,
    uses_pseudonyms,
)
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.config import PSEUDONYM_KEY
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.mapping.columns_used import facet_columns, kinds_of_lookup
from ecom_lake.engine.mapping.definitions import Facet
from ecom_lake.engine.store.entry import Entry, File, Parts
from ecom_lake.errors import UserError


@dataclass(frozen=True)
class Due:
    deliveries: Mapping[int, File] = field(default_factory=dict)
    """The deliveries that are mapped now: the bronze file of each. They are new, or the facet changed."""
    looked_up: Mapping[int, File] = field(default_factory=dict)
    """The deliveries that are mapped again because rows may be looked up that came since."""
    kept: Mapping[Part, File] = field(default_factory=dict)
    """The parts of the other deliveries, which record the present versions of the lookups."""


def is_current(site: Site, entry: Entry, target: str) -> bool:
    """Whether mapping again would change nothing of a table, computed from the log only. Without the pseudonym key, it is assumed
    to be the same."""
    wanted: dict[Part, tuple[str, Mapping[TableId, str]]] = {}
    for facet in facets_of(site, target):
        mark, inputs = mark_of(site, facet), inputs_of(site, entry, facet)
        wanted |= {part: (mark.of(file), inputs) for part, file in entry.parts(bronze_table(site, facet)).items()}
    parts = entry.parts(TableId("mapped", target))
    made = {
        part: (file.fingerprint if site.pseudonym_key else _without_key(file.fingerprint), file.inputs)
        for part, file in parts.items()
    }
    return made == wanted


@dataclass(frozen=True)
class Mark:
    """What the mapped parts of a facet are made with. As text, with the delivery, it is the fingerprint of a part."""

    definition: str
    key_check: str
    """Empty if the facet makes no pseudonyms, or if there is no key."""

    def of(self, delivered: File) -> str:
        return "-".join(filter(None, (fingerprint(self.definition, delivered.content), self.key_check)))


def mark_of(site: Site, facet: Facet) -> Mark:
    return Mark(definition(site, facet), key_check(site) if uses_pseudonyms(facet) and site.pseudonym_key else "")


def _without_key(mark: str) -> str:
    return mark.partition("-")[0]


def _key_check_of(mark: str) -> str:
    return mark.partition("-")[2]


def inputs_of(site: Site, entry: Entry, facet: Facet) -> dict[TableId, str]:
    """The versions of the delivered tables that a facet looks rows up in."""
    return {table: entry.version(table) for kind in lookup_kinds(site, facet) if (table := TableId("bronze", kind))}


def find_due(site: Site, entry: Entry, facet: Facet) -> Due:
    parts, delivered = entry.parts(TableId("mapped", facet.target)), entry.parts(bronze_table(site, facet))
    mark, inputs = mark_of(site, facet), inputs_of(site, entry, facet)
    kept = {} if site.full else _kept(parts, delivered, mark)
    changed = _with_changed_lookups(site, entry, facet, kept)
    unchanged = {part: replace(file, inputs=inputs) for part, file in kept.items() if part not in changed}
    return Due(
        {int(part.batch): file for part, file in delivered.items() if part not in kept},
        {int(part.batch): delivered[part] for part in changed},
        unchanged,
    )


def has_lost(site: Site, entry: Entry, facet: Facet) -> bool:
    """Whether the mapped table may have a part of a delivery that was of this facet's kind, and is not any more."""
    parts, its_own = entry.parts(TableId("mapped", facet.target)), entry.parts(bronze_table(site, facet))
    others = (other for other in facets_of(site, facet.target) if other != facet)
    known = set(its_own).union(*(_kept(parts, entry.parts(bronze_table(site, other)), mark_of(site, other)) for other in others))
    return not parts.keys() <= known


def _kept(parts: Parts, delivered: Parts, mark: Mark) -> dict[Part, File]:
    """The mapped parts that are as the facet with this mark makes them."""
    return {part: made for part, file in delivered.items() if (made := parts.get(part)) and made.fingerprint == mark.of(file)}


def _with_changed_lookups(site: Site, entry: Entry, facet: Facet, kept: Mapping[Part, File]) -> set[Part]:
    """The parts with a row that looks up a key which was delivered since they were made."""
    changed = set[Part]()
    for alias, looked_up in facet.join.items():
        lookup = map_of(site).lookups[alias]
        for kind in sorted(kinds_of_lookup(map_of(site), lookup)):
            table, is_replaced = TableId("bronze", kind), map_of(site).kinds[kind].whole == "file"
            for version in {file.inputs.get(table, "") for file in kept.values()} - {entry.version(table)}:
                made_then = {part for part, file in kept.items() if file.inputs.get(table, "") == version}
                since = deliveries_since(entry, table, version)
                is_simple = lookup.kind == kind and not is_unfolded(site, facet) and looked_up.strip() in facet_columns(facet)
                if since is None or is_replaced or not is_simple:  # all are mapped again; equal rows keep their files
                    changed |= made_then
                else:
                    found = _deliveries_that_look_up(site, entry, facet, looked_up.strip(), kind, lookup.on, since)
                    changed |= {part for part in made_then if int(part.batch) in found}
    return changed


def _deliveries_that_look_up(
    site: Site, entry: Entry, facet: Facet, column: str, kind: str, on: str, since: Collection[int]
) -> set[int]:
    keys = kind_rows(site, entry, kind, since).select(key=pl.col(on).str.strip_chars()).unique()
    rows = kind_rows(site, entry, bronze_table(site, facet).name)
    keyed = rows.select("source_sequence", key=pl.col(column).str.strip_chars())
    return set(keyed.join(keys, on="key", how="semi").select("source_sequence").unique().collect()["source_sequence"])


def refuse_other_key(site: Site) -> None:
    """Raise an error if pseudonyms are made and the key is missing, or is not the one that the lake's were made with."""
    hashed = [facet for facet in map_of(site).facets if uses_pseudonyms(facet)]
    if not hashed:
        return
    if not site.pseudonym_key:
        raise UserError(
            f"The map '{site.shop.map}' makes pseudonyms with hashed(), and the key is missing: set {PSEUDONYM_KEY} to a secret "
            "text and keep it, because another key gives every customer another id."
        )
    head, check = site.lake.log.head(), key_check(site)
    checks = _checks_of_keys(site, head, hashed)
    if checks - {check} and head.erasure:
        raise UserError(
            f"{PSEUDONYM_KEY} is not the key that the pseudonyms of shop '{site.shop.name}' were made with, and erased persons "
            "would not be recognised under another one when delivered again: set the former key."
        )
    if checks - {check} and not site.accept_settings:
        raise UserError(
            f"{PSEUDONYM_KEY} is not the key that the pseudonyms of shop '{site.shop.name}' were made with: every customer would "
            "get another id. Set the former key; to change it after all, run `ecom-lake build --accept-settings`."
        )


def _checks_of_keys(site: Site, head: Entry, hashed: Collection[Facet]) -> set[str]:
    """The checks of the keys that pseudonyms of the newest state were made with. Between an erasure and the next build a state
    has no mapped tables: then those of the state before it."""
    checks = _checks_in(head, hashed)
    earlier = (number for number in reversed(site.lake.log.numbers()) if number < head.number)
    while not checks and (number := next(earlier, None)) is not None:
        checks = _checks_in(site.lake.log.entry(number), hashed)
    return checks


def _checks_in(entry: Entry, hashed: Collection[Facet]) -> set[str]:
    files = (file for facet in hashed for file in entry.parts(TableId("mapped", facet.target)).values())
    return {made_with for file in files if (made_with := _key_check_of(file.fingerprint))}
