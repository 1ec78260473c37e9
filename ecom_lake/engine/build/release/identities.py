"""Checking the identities between tables before a release; those that held at the last release are not evaluated again.

An identity is evaluated again if any of its inputs changed since: a table that it reads, any identity's query, the settings, the
code of the check or the version of DuckDB. The entry of a release records one digest of all inputs for which the identities held,
so that a release whose tables were not checked with them proves nothing. The files behind an identity that is not evaluated are
compared with their hashes instead. An identity of a model is checked with the inputs that the model ran on (gold/snapshots.py).
Not here: what else a release requires (release.py), the identities themselves (the contracts).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import duckdb
import polars as pl

from ecom_lake.engine.build.gold import snapshots
from ecom_lake.engine.build.gold.table_file import attach, place_of
from ecom_lake.engine.build.once_per_site import once_per_site
from ecom_lake.engine.build.release.acceptance import TABLE
from ecom_lake.engine.build.release.offer import gold_tables, left_out
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.specs import not_exported
from ecom_lake.engine.build.sql import on_duckdb
from ecom_lake.engine.build.step.code_version import code_version
from ecom_lake.engine.build.step.commit import Inputs
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.build.step.outcome import Check
from ecom_lake.engine.contracts.domain import Domain
from ecom_lake.engine.contracts.personal import is_shareable
from ecom_lake.engine.contracts.recipe import SETTINGS, Recipe
from ecom_lake.engine.contracts.sql_tables import tables_in
from ecom_lake.engine.contracts.table import Identity
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry

NAME = "identities"
EXAMPLES = 5
_RELEASED = "Unchanged since the last release."


@dataclass(frozen=True)
class Checked:
    """An identity, and the contract that states it."""

    table: str
    identity: Identity

    @cached_property
    def reads(self) -> tuple[str, ...]:
        return tables_in(self.identity.breaks)


def check_identities(site: Site, entry: Entry, is_current: bool = False) -> Check:
    """All identities of a state. `is_current`: its tables are those of the current release, and their files are not read."""
    identities = identities_of(site)
    held = still_held(site, entry, identities)
    if is_current and (len(held) == len(identities) or not _has_states(site, entry)):
        return Check(TABLE, NAME, True, "block", _RELEASED)
    broken: list[dict[str, object]] = []
    for state, in_state in _by_state(site, entry, identities):
        evaluated = [one for one in in_state if one not in held]
        # The files of the release that are evaluated were checked as those of a new release.
        unchecked = in_state if state is not entry else [one for one in in_state if one in held]
        Inputs(state, _places(site, unchecked)).verify(site)
        broken += _broken(site, state, evaluated)
    if broken:
        says = "Failed identities: " + " ".join(f"{one['identity']}: {one['promise']}" for one in broken)
    else:
        unchanged = f" The tables of {len(held)} of them are unchanged since release {entry.release}." if held else ""
        says = f"All {len(identities)} identities hold.{unchanged}"
    return Check(TABLE, NAME, passed=not broken, severity="block", says=says, evidence=tuple(broken))


def held_digest(site: Site, entry: Entry) -> str:
    """A digest of everything that the results of all identities depend on. A release's entry records it if all of them hold."""
    return _digest(site, entry, identities_of(site))


def still_held(site: Site, entry: Entry, identities: Sequence[Checked]) -> Sequence[Checked]:
    """The identities whose result cannot differ from the one at the current release, where all of them held."""
    if entry.release is None or site.full:
        return ()
    released = site.lake.log.entry(entry.release)
    if not (_has_states(site, released) and _has_states(site, entry)):
        return ()
    if released.identities_held != _digest(site, released, identities):
        return ()
    before, now = _states(site, released, identities), _states(site, entry, identities)
    return [one for one in identities if all(_is_unchanged(site, before[one], now[one], read) for read in one.reads)]


def _digest(site: Site, entry: Entry, identities: Sequence[Checked]) -> str:
    queries = [(one.table, one.identity.name, one.identity.breaks) for one in identities]
    states = _states(site, entry, identities)
    versions = [[(table, states[one].version(table)) for table in _places(site, [one])] for one in identities]
    return fingerprint(code_version(__name__, on_duckdb.__name__), duckdb.__version__, site.shop.numbers, queries, versions)


def _has_states(site: Site, entry: Entry) -> bool:
    """Whether the log has all states that models were made from."""
    fits = (file for fit in site.registry.fits.values() for file in entry.parts(TableId("gold", fit)).values())
    return all(file.state is None or snapshots.has_its_state(site, file) for file in fits)


def _states(site: Site, entry: Entry, identities: Sequence[Checked]) -> Mapping[Checked, Entry]:
    """The state that each identity is checked in."""
    return {one: state for state, in_state in _by_state(site, entry, identities) for one in in_state}


def _by_state(site: Site, entry: Entry, identities: Sequence[Checked]) -> Iterator[tuple[Entry, Sequence[Checked]]]:
    """The identities by the state that they are checked in.

    The identities of a model are checked with the inputs that it ran on; all others with the tables of the release.
    """
    of_models: dict[Recipe, list[Checked]] = {}
    others: list[Checked] = []
    for one in identities:
        how = site.registry.recipe(one.table)
        is_of_model = snapshots.is_snapshot(site, entry, how) and not set(one.reads) <= set(how.tables)
        (of_models.setdefault(how, []) if is_of_model else others).append(one)
    yield entry, others
    for how, found in of_models.items():
        yield snapshots.compared_state(site, entry, how, {read for one in found for read in one.reads}), found


def _is_unchanged(site: Site, before: Entry, now: Entry, read: str) -> bool:
    """A table without files does not count as unchanged, because its contract gives the types of its columns."""
    if read == SETTINGS:
        return True  # part of the digest
    table = place_of(site.registry, read)
    return bool(now.parts(table)) and now.version(table) == before.version(table)


def _places(site: Site, identities: Iterable[Checked]) -> tuple[TableId, ...]:
    read = {name for one in identities for name in one.reads} - {SETTINGS}
    return tuple(sorted(place_of(site.registry, name) for name in read))


@once_per_site
def identities_of(site: Site) -> list[Checked]:
    """The identities of the shop's tables, without those that read a table that is not built."""
    missing = left_out(site).keys() | not_exported(site)
    stated = [Checked(table, identity) for table in gold_tables(site) for identity in site.registry.table(table).identities]
    return [one for one in stated if missing.isdisjoint(one.reads)]


def _broken(site: Site, entry: Entry, identities: Sequence[Checked]) -> list[dict[str, object]]:
    """The failed identities, each with examples, evaluated in one session."""
    if not identities:
        return []
    broken: list[dict[str, object]] = []
    with site.sql_engine() as (engine, _):
        attach(site, entry, engine, sorted({read for one in identities for read in one.reads}))
        for one in identities:
            rows = engine.rows(one.identity.breaks, limit=EXAMPLES)
            if len(rows):
                broken.append(evidence(site.registry.domain, one.table, one.identity, rows))
    return broken


def evidence(domain: Domain, table: str, identity: Identity, rows: pl.DataFrame) -> dict[str, object]:
    """The rows that fail an identity, without personal columns."""
    shown = rows.select(name for name, kind in rows.schema.items() if is_shareable(domain, name, kind == pl.String))
    example = str(shown.to_dicts())[:2000] if shown.width else ""
    return {"table": table, "identity": identity.name, "promise": identity.meaning, "example": example}
