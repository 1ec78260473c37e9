"""A request to forget persons: from the ids that were asked for to all ids that they lead to, and the rows that hold these.

Every delivered version of a row counts: published, superseded, quarantined, pending. Nothing is written here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from ecom_lake.engine.build.erasure.bronze_ids import hits_in, id_tables, linking
from ecom_lake.engine.build.erasure.person_rows import Tables, about_persons, merged, with_owned, words_of
from ecom_lake.engine.build.erasure.source_ids import canonical_forms, possible_ids
from ecom_lake.engine.build.mapped.facets import delivered_tables
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.delivered import ALIAS, LINEAGE, PERSON
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry
from ecom_lake.engine.store.erasure_list import Ids
from ecom_lake.errors import UserError


@dataclass(frozen=True)
class Found:
    """The rows of a delivered table that hold the persons."""

    table: str
    rows: int
    quarantined: int
    """How many of them are in quarantine; `pending`: how many wait for their order."""
    pending: int
    rejected: int
    """Malformed records that name one of the ids; they are not among the rows."""


@dataclass(frozen=True)
class Request:
    ids: Ids
    """All ids that lead to the persons, by kind."""
    unknown: tuple[str, ...]
    """The ids that were asked for and are in no delivered row. Their positions are reported, never the ids."""
    found: tuple[Found, ...]

    @property
    def rows(self) -> int:
        return sum(one.rows + one.rejected for one in self.found)


def resolve(site: Site, entry: Entry, asked: Sequence[str]) -> Request:
    """`asked`: ids of persons or of their aliases; `order:7` is an id of another kind, such as of an order that never came."""
    tables, rejects = id_tables(site, entry), rejects_of(site, entry)
    seeds, unknown = _seeds(site, tables, asked)
    in_rejects = [(kind, value) for kind, value in unknown if any(_named(raw, {value}) for _, raw in rejects)]
    ids = with_owned(merged(seeds, *(_undelivered(site, *one) for one in in_rejects)), tables, linking(site))
    _refuse_others(_owned_by_others(tables, ids, seeds, linking(site)))
    hits = hits_in(site, tables, ids)
    every = {value for values in ids.values() for value in values}
    rejected = Counter(table for table, raw in rejects if _named(raw, every))
    none = pl.DataFrame(schema=dict.fromkeys(LINEAGE, pl.Int64()))
    found = [
        Found(
            name,
            len(rows := hits.get(name, none)),
            _among(site, entry, "quarantine", _read_as(site, name), rows),
            _among(site, entry, "pending", _read_as(site, name), rows),
            rejected[name],
        )
        for name in sorted({*hits, *rejected})
    ]
    return Request(ids, tuple(sorted(value for kind, value in unknown if (kind, value) not in in_rejects)), tuple(found))


def _undelivered(site: Site, kind: str, value: str) -> dict[str, set[str]]:
    """The ids under which a later row may have a value that only a malformed record has so far."""
    return merged(possible_ids(site, kind, {value}), {ALIAS: {value}} if kind == PERSON else {})


def named_ids(site: Site, asked: Sequence[str], persons: Collection[str]) -> dict[str, set[str]]:
    """The asked ids by kind, in a row or not, and what a map makes of them. One without a kind may be an alias, unless it is one
    of `persons`, who are in a row."""
    named = _by_kind(_kinds(site), asked)
    forms = canonical_forms(site, PERSON, named.get(PERSON, ()))
    aliases = {value for value, of in forms.items() if of.isdisjoint(persons)}
    return merged({ALIAS: aliases}, *(possible_ids(site, kind, values) for kind, values in named.items()))


def asked_persons(site: Site, asked: Sequence[str]) -> set[str]:
    """Those of the asked ids that have no kind: one for each person."""
    return _by_kind(_kinds(site), asked).get(PERSON, set())


def _kinds(site: Site) -> set[str]:
    """The kinds of ids that the shop's rows have, or that its map makes of them."""
    tables = site.connector.delivered if site.map is None else site.connector.sources
    return {kind for table in about_persons(tables) for kind in table.ids.values()}


def _by_kind(kinds: Collection[str], asked: Iterable[str]) -> dict[str, set[str]]:
    wanted: dict[str, set[str]] = {}
    for one in asked:
        kind, _, value = one.partition(":")
        known, value = (kind, value) if kind in kinds and value else (PERSON, one)
        wanted.setdefault(known, set()).add(value.strip())
    return wanted


def _owned_by_others(tables: Tables, ids: Ids, seeds: Ids, linking: Collection[str]) -> dict[str, set[str]]:
    """Those of the ids whose newest delivered row names another owner, by kind. An id that was asked for does not count."""
    found: dict[str, set[str]] = {}
    for table, frames in tables:
        for place, (column, kind) in enumerate(table.ids.items()):
            owners = dict(list(table.ids.items())[:place])
            owned = set(ids.get(kind, ())) - set(seeds.get(kind, ()))
            if not owners or not owned or kind not in linking:
                continue
            rows = pl.concat(frames).filter(pl.col(column).is_in(sorted(owned))).collect()
            newest = rows.sort(LINEAGE).unique(column, keep="last")
            ours = [pl.col(owner).is_in(sorted(ids.get(of, ()))) for owner, of in owners.items()]
            others = newest.filter(
                pl.any_horizontal(pl.col(owner).is_not_null() for owner in owners),
                ~pl.any_horizontal(one.fill_null(False) for one in ours),
            )
            found = merged(found, {kind: set(others[column])} if len(others) else {})
    return found


def _refuse_others(ids: Ids) -> None:
    if ids:
        counts = ", ".join(f"{kind} ids: {len(values):,}" for kind, values in sorted(ids.items()))
        raise UserError(
            f"Some rows of these persons were delivered later as those of somebody else ({counts}), and would be erased for "
            "both: ask for the other persons too, or for these ids themselves, such as order:ID."
        )


def rejects_of(site: Site, entry: Entry) -> list[tuple[str, str]]:
    """The text of every malformed record, with its delivered table."""
    return [
        (table.name, raw)
        for table, parts in entry.tables.items()
        if table.layer == "rejects"
        for file in parts.values()
        for raw in pl.read_parquet(site.lake.local(file), columns=["raw"], glob=False)["raw"].drop_nulls()
    ]


def _named(text: str, ids: Collection[str]) -> bool:
    return not set(ids).isdisjoint(words_of(text))


def _seeds(site: Site, tables: Tables, asked: Iterable[str]) -> tuple[dict[str, set[str]], list[tuple[str, str]]]:
    """The asked ids by kind; an alias leads to its person. And those that no row has, each with its kind."""
    kinds = _kinds(site)
    wanted = _by_kind(kinds, asked)
    forms = {kind: canonical_forms(site, kind, values) for kind, values in wanted.items()}
    there = _present(tables, kinds, {kind: set().union(*one.values()) for kind, one in forms.items()})
    others = wanted.get(PERSON, set()) - there.get(PERSON, set())
    aliases = _present(tables, {ALIAS}, {ALIAS: others})
    there = merged(there, aliases, {PERSON: _persons_of(tables, aliases.get(ALIAS, set()))})
    known = {kind: there.get(kind, set()) | there.get(ALIAS, set()) for kind in wanted}
    return there, [(kind, value) for kind, one in forms.items() for value, of in one.items() if known[kind].isdisjoint(of)]


def _present(tables: Tables, kinds: Collection[str], wanted: Ids) -> dict[str, set[str]]:
    """Those of the ids that a row has."""
    found: dict[str, set[str]] = {}
    for table, frames in tables:
        for column, kind in table.ids.items():
            if kind in kinds and wanted.get(kind):
                values = pl.concat(frames).select(column).filter(pl.col(column).is_in(sorted(wanted[kind]))).unique().collect()
                found = merged(found, {kind: set(values[column])})
    return found


def _persons_of(tables: Tables, aliases: Collection[str]) -> set[str]:
    persons = set[str]()
    for table, frames in tables:
        column_of = {kind: column for column, kind in table.ids.items()}
        if aliases and {PERSON, ALIAS} <= column_of.keys():
            rows = pl.concat(frames).filter(pl.col(column_of[ALIAS]).is_in(sorted(aliases)))
            persons |= set(rows.select(column_of[PERSON]).drop_nulls().collect().to_series())
    return persons


def _read_as(site: Site, delivered: str) -> set[str]:
    """The tables that silver reads the rows of a delivered table as."""
    return {table.name for table in site.connector.sources if TableId("bronze", delivered) in delivered_tables(site, table.name)}


def _among(site: Site, entry: Entry, layer: str, tables: Collection[str], rows: pl.DataFrame) -> int:
    """How many of the rows are in quarantine, or pending. A mapped row has the lineage of a delivered one."""
    parts = (parts for place, parts in entry.tables.items() if place.layer == layer and place.name in tables)
    files = [site.lake.local(file) for some in parts for file in some.values()]
    if not files:
        return 0
    placed = pl.concat([pl.scan_parquet(file, glob=False).select(LINEAGE) for file in files]).unique()
    return int(rows.lazy().join(placed, on=LINEAGE, how="semi").select(pl.len()).collect().item())
