"""Checking the identities between tables before a release; those that held at the last release are not evaluated again.

An identity is evaluated again if any of its inputs changed since: a table that it reads, any identity's query, the settings, the
code of the check or the version of DuckDB. The entry of a release records one digest of all inputs for which the identities held,
so that a release whose tables were not checked with them proves nothing. The files behind an identity that is not evaluated are
compared with their hashes instead.
Not here: what else a release requires (release.py), the identities themselves (the contracts).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import duckdb
import polars as pl

from ecom_lake.engine.build.gold.table_file import attach, place_of
from ecom_lake.engine.build.release.acceptance import TABLE
from ecom_lake.engine.build.release.offer import gold_tables, left_out
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.code_version import code_version
from ecom_lake.engine.build.step.commit import Inputs
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.build.step.outcome import Check
from ecom_lake.engine.contracts.domain import Domain
from ecom_lake.engine.contracts.personal import is_shareable
from ecom_lake.engine.contracts.recipe import SETTINGS
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
    if is_current and len(held) == len(identities):
        return Check(TABLE, NAME, True, "block", _RELEASED)
    Inputs(entry, _places(site, held)).verify(site)
    broken = _broken(site, entry, [one for one in identities if one not in held])
    if broken:
        says = f"Failed identities: {', '.join(str(one['identity']) for one in broken)}."
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
    if released.identities_held != _digest(site, released, identities):
        return ()
    return [one for one in identities if all(_is_unchanged(site, released, entry, read) for read in one.reads)]


def _digest(site: Site, entry: Entry, identities: Sequence[Checked]) -> str:
    queries = [(one.table, one.identity.name, one.identity.breaks) for one in identities]
    versions = [(table, entry.version(table)) for table in _places(site, identities)]
    return fingerprint(code_version(__name__), duckdb.__version__, site.shop.numbers, queries, versions)


def _is_unchanged(site: Site, before: Entry, now: Entry, read: str) -> bool:
    """A table without files does not count as unchanged, because its contract gives the types of its columns."""
    if read == SETTINGS:
        return True  # part of the digest
    table = place_of(site.registry, read)
    return bool(now.parts(table)) and now.version(table) == before.version(table)


def _places(site: Site, identities: Iterable[Checked]) -> tuple[TableId, ...]:
    read = {name for one in identities for name in one.reads} - {SETTINGS}
    return tuple(sorted(place_of(site.registry, name) for name in read))


def identities_of(site: Site) -> list[Checked]:
    """The identities of the shop's tables, without those that read a table that is not built."""
    missing = left_out(site).keys()
    stated = [Checked(table, identity) for table in gold_tables(site) for identity in site.registry.table(table).identities]
    return [one for one in stated if missing.isdisjoint(one.reads)]


def _broken(site: Site, entry: Entry, identities: Sequence[Checked]) -> list[dict[str, object]]:
    """The failed identities, each with examples, evaluated in one session."""
    broken: list[dict[str, object]] = []
    with site.workspace() as (con, _):
        attach(site, entry, con, sorted({read for one in identities for read in one.reads}))
        for one in identities:
            query = f"select * from ({one.identity.breaks}) limit {EXAMPLES}"
            if con.execute(query).fetchall():  # a relation, which `sql` returns, would plan each query twice
                broken.append(evidence(site.registry.domain, one.table, one.identity, con.sql(query).pl()))
    return broken


def evidence(domain: Domain, table: str, identity: Identity, rows: pl.DataFrame) -> dict[str, object]:
    """The rows that fail an identity, without personal columns."""
    shown = rows.select(name for name, kind in rows.schema.items() if is_shareable(domain, name, kind == pl.String))
    example = str(shown.to_dicts())[:2000] if shown.width else ""
    return {"table": table, "identity": identity.name, "promise": identity.meaning, "example": example}
