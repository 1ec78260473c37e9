"""The release: readers see a state once no table is stale, all identities between tables hold and its deliveries were accepted.

A release is an entry of the log that points at itself; rolling back is an entry that points at an older one, and pins it.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from ecom_lake import logs
from ecom_lake.engine.build.gold.table_file import attach
from ecom_lake.engine.build.release import acceptance
from ecom_lake.engine.build.release.offer import gold_tables, left_out
from ecom_lake.engine.build.release.plain_view import LAYERS, put_in_place
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.months import part_of
from ecom_lake.engine.build.silver.specs import silver_tables
from ecom_lake.engine.build.step import trouble
from ecom_lake.engine.build.step.built_with import commit_made, state_to_build_on
from ecom_lake.engine.build.step.outcome import Check, Outcome
from ecom_lake.engine.contracts.domain import Domain
from ecom_lake.engine.contracts.personal import is_shareable
from ecom_lake.engine.contracts.sql_tables import tables_in
from ecom_lake.engine.contracts.table import Identity, Table
from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.engine.store.entry import Entry
from ecom_lake.engine.store.lake import STORE
from ecom_lake.errors import UserError
from ecom_lake.words import counted

TABLE = acceptance.TABLE
EXAMPLES = 5
IDENTITIES = "identities"
OWN_FILES = "own_files_valid"
_RELEASED = "Unchanged since the last release."
_STALE = "Not checked while tables are stale."


def make_release(site: Site, state: Entry | None = None) -> Outcome:
    """Release the newest state; or this one, if it still is the newest."""
    head = state or state_to_build_on(site)
    current = is_released(site, head)
    checks = _checks(site, head, current)
    if any(check.blocks for check in checks):
        return Outcome(TABLE, checks=checks)
    before = head
    if not current:
        head = commit_made(site, lambda latest: _released(site, before, latest), "release", release=True)
    put_in_place(site)
    if head.pinned:  # before this step, or by a rollback during it
        note = f"Release {head.release} is pinned: this state is committed, not released, until `ecom-lake unpin`."
        return Outcome(TABLE, checks=checks, notes=(note,))
    if not current:
        trouble.forget(site)
    return Outcome(TABLE, written=() if current else (WHOLE,), checks=checks, notes=(f"Release {head.release}.",))


def roll_back(site: Site, number: int) -> Entry:
    """Show readers an older release, and keep it until `unpin`."""
    wanted = site.lake.log.entry(number)
    if wanted.release != wanted.number:
        raise UserError(f"Entry {number} is not a release; `ecom-lake log` shows which are.")
    entry = site.lake.log.commit(lambda head: replace(head, release=number, pinned=True), site.run, f"rollback to {number}")
    put_in_place(site)
    logs.log_event("rolled back", run=site.run, shop=site.shop.name, release=number)
    return entry


def unpin(site: Site) -> Entry:
    """Let builds release again; what readers see changes with the next one."""
    logs.log_event("unpinned", run=site.run, shop=site.shop.name)
    return site.lake.log.commit(lambda head: replace(head, pinned=False) if head.pinned else head, site.run, "unpin")


def expected_tables(site: Site) -> list[TableId]:
    """The tables that a release holds, each after those that it is made from."""
    silver = [TableId("silver", table) for table in ("order_index", *silver_tables(site))]
    return [*silver, *(TableId("gold", table) for table in gold_tables(site))]


def stale(site: Site, entry: Entry) -> dict[TableId, str]:
    """The tables that are not made from what the entry holds, and why."""
    months = {part_of(month) for month in site.months()}
    why: dict[TableId, str] = {}
    for table in expected_tables(site):
        parts = entry.parts(table)
        wanted = months if site.registry.table(table.name).monthly else {WHOLE}
        if missing := sorted(wanted - set(parts)):
            why[table] = f"never made ({len(missing)} of {len(wanted)} parts)" if missing != [WHOLE] else "never made"
        for file in parts.values():
            if changed := [read for read, version in file.inputs.items() if entry.version(read) != version]:
                why.setdefault(table, f"older than {', '.join(map(str, changed))}")
    return why


def is_released(site: Site, head: Entry) -> bool:
    """Whether readers see exactly what this entry holds."""
    return head.release is not None and not head.pinned and site.lake.log.entry(head.release).tables == head.tables


def _released(site: Site, seen: Entry, latest: Entry) -> Entry:
    """The state that was checked, without the tables that the shop no longer gets; a pinned state as it is."""
    if latest.pinned:
        return latest
    if latest.tables != seen.tables:
        raise UserError("Another build committed while this one was being released; build again.")
    expected = set(expected_tables(site))
    kept = {table: parts for table, parts in latest.tables.items() if table in expected or table.layer not in LAYERS}
    return replace(latest, tables=kept)


def _check_files(site: Site, entry: Entry) -> None:
    """Raises where a file is gone or has another size, or where one that readers have not seen has other content.

    A file of the release before was compared with its hash when it was new; `ecom-lake doctor --deep` reads them all again.
    """
    there = {info.path: info.size for info in site.lake.store.list(f"{site.shop.name}/{STORE}")}
    shown = site.lake.log.entry(entry.release) if entry.release else None
    seen = {file.path for parts in shown.tables.values() for file in parts.values()} if shown else set()
    for parts in entry.tables.values():
        for file in parts.values():
            is_new = site.lake.store.is_local and file.path not in seen
            if there.get(f"{site.shop.name}/{file.path}") != file.bytes or (is_new and site.lake.damage(file)):
                where = site.lake.where(file)
                raise UserError(f"{where} is gone or damaged. `ecom-lake repair` makes it again; then build.")


def _checks(site: Site, head: Entry, current: bool) -> tuple[Check, ...]:
    """What must hold of a state before readers see it. Of one that they see, new files may have been refused since."""
    fresh = _fresh(site, head)
    if not current and not fresh.passed:
        unchecked = (Check(TABLE, name, False, "block", _STALE) for name in (IDENTITIES, acceptance.NAME))
        return (fresh, *unchecked, _own_files(site))
    if not current:
        _check_files(site, head)
    identities = Check(TABLE, IDENTITIES, True, "block", _RELEASED) if current else _identities(site, head)
    return (fresh, identities, acceptance.deliveries_accepted(site, head), _own_files(site))


def _own_files(site: Site) -> Check:
    """The user's files with an error, whose tables are not in the release."""
    wrong = site.registry.invalid
    says = f"Left out: {' '.join(wrong.values())}" if wrong else "Every table of the project folder is built."
    evidence = tuple({"table": table, "why": why} for table, why in wrong.items())
    return Check(TABLE, OWN_FILES, passed=not wrong, severity="warn", says=says, evidence=evidence)


def _fresh(site: Site, entry: Entry) -> Check:
    why = stale(site, entry)
    return Check(
        TABLE,
        "nothing_stale",
        passed=not why,
        severity="block",
        says=f"{counted(len(why), 'table')} must be made again first: {', '.join(map(str, why))}."
        if why
        else "Every table is made from the others' current versions.",
        evidence=tuple({"table": str(table), "why": reason} for table, reason in why.items()),
    )


def _identities(site: Site, entry: Entry) -> Check:
    """Every identity between tables, run in one session; the only place where they are."""
    identities = _identities_of(site)
    broken = []
    with site.workspace() as (con, _):
        tables = {read for _, identity in identities for read in tables_in(identity.breaks)}
        attach(site, entry, con, tuple(sorted(tables)))
        for table, identity in identities:
            rows = con.sql(f"select * from ({identity.breaks}) limit {EXAMPLES}").pl()
            if len(rows):
                broken.append(_evidence(site.registry.domain, table.name, identity, rows))
    return Check(
        TABLE,
        IDENTITIES,
        passed=not broken,
        severity="block",
        says=f"Broken: {', '.join(str(b['identity']) for b in broken)}." if broken else f"All {len(identities)} identities hold.",
        evidence=tuple(broken),
    )


def _identities_of(site: Site) -> list[tuple[Table, Identity]]:
    """Those of the tables that the shop has, with tables that it has."""
    built, missing = [site.registry.table(table) for table in gold_tables(site)], left_out(site).keys()
    both = [(table, identity) for table in built for identity in table.identities]
    return [(table, identity) for table, identity in both if missing.isdisjoint(tables_in(identity.breaks))]


def _evidence(domain: Domain, table: str, identity: Identity, rows: pl.DataFrame) -> dict[str, object]:
    """Of the places where it fails what is not personal."""
    shown = rows.select(name for name, kind in rows.schema.items() if is_shareable(domain, name, kind == pl.String))
    example = str(shown.to_dicts())[:2000] if shown.width else ""
    return {"table": table, "identity": identity.name, "promise": identity.meaning, "example": example}
