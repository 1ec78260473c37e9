"""The release: a state is released if no table is stale, all identities between tables hold and its deliveries are accepted.

A release is an entry of the log that points to itself. A rollback is an entry that points to an older release and pins it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from ecom_lake import logs
from ecom_lake.engine.build.gold import make_gold as gold
from ecom_lake.engine.build.gold import snapshots
from ecom_lake.engine.build.maintenance.expiry import delete_overdue
from ecom_lake.engine.build.maintenance.retention import collect_after_release
from ecom_lake.engine.build.mapped.due_deliveries import is_current as is_mapped
from ecom_lake.engine.build.mapped.facets import mapped_targets
from ecom_lake.engine.build.outdated import definitions, outdated
from ecom_lake.engine.build.release import acceptance, identities
from ecom_lake.engine.build.release.identities import check_identities, held_digest
from ecom_lake.engine.build.release.offer import gold_tables
from ecom_lake.engine.build.release.plain_view import LAYERS, refuse_incomplete, update_plain_view
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.parts import part_of
from ecom_lake.engine.build.silver.specs import silver_tables
from ecom_lake.engine.build.step import trouble
from ecom_lake.engine.build.step.built_with import commit_made, state_to_build_on
from ecom_lake.engine.build.step.outcome import Check, Outcome
from ecom_lake.engine.contracts.recipe import MODEL_SNAPSHOTS
from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.engine.store.entry import Entry
from ecom_lake.engine.store.lake import STORE
from ecom_lake.errors import UserError
from ecom_lake.words import counted

TABLE = acceptance.TABLE
OWN_FILES = "own_files_valid"
_STALE = "Not checked while tables are stale."


def make_release(site: Site, state: Entry | None = None) -> Outcome:
    """Release the newest state, or the given one if it is still the newest."""
    head = state or state_to_build_on(site)
    current = is_released(site, head)
    checks = _checks(site, head, current)
    if any(check.blocks for check in checks):
        return Outcome(TABLE, checks=checks)
    before = head
    if not current:
        head = commit_made(site, lambda latest: _released(site, before, latest), "release", release=True)
    update_plain_view(site)
    trouble.end_build(site)
    expired = [] if head.pinned else delete_overdue(site)
    if head.pinned:  # before this step, or by a rollback during it
        note = f"Release {head.release} is pinned: this state is committed, not released, until `ecom-lake unpin`."
        return Outcome(TABLE, checks=checks, notes=(note,))
    notes = [f"Release {head.release}."]
    if not current and (deleted := collect_after_release(site, before.release, head.number)):
        notes.append(deleted)
    return Outcome(TABLE, written=() if current else (WHOLE,), checks=checks, notes=(*notes, *expired, *_models(site, head)))


def _models(site: Site, entry: Entry) -> list[str]:
    """Sentences about the snapshots of models in a state, the latest first."""
    by_date: dict[date, list[str]] = {}
    for model, (as_of, _) in snapshots.recorded(site, entry).items():
        if as_of:
            by_date.setdefault(as_of, []).append(model)
    return [f"Models as of {as_of}: {', '.join(by_date[as_of])}." for as_of in sorted(by_date, reverse=True)]


def roll_back(site: Site, number: int) -> Entry:
    """Show readers an older release, and keep it until `unpin`. If a file of it is missing or damaged, nothing changes."""
    wanted = site.lake.log.entry(number)
    if wanted.release != wanted.number:
        raise UserError(f"Entry {number} is not a release; `ecom-lake log` shows which are.")
    refuse_incomplete(site, wanted)
    entry = site.lake.log.commit(lambda head: replace(head, release=number, pinned=True), site.run, f"rollback to {number}")
    update_plain_view(site)
    logs.log_event("rolled back", run=site.run, shop=site.shop.name, release=number)
    return entry


def unpin(site: Site) -> Entry:
    """Allow builds to release again. Readers see a new state after the next release."""
    logs.log_event("unpinned", run=site.run, shop=site.shop.name)
    return site.lake.log.commit(lambda head: replace(head, pinned=False) if head.pinned else head, site.run, "unpin")


def expected_tables(site: Site) -> list[TableId]:
    """The tables of a release, each after the tables that it is built from."""
    silver = [TableId("silver", table) for table in ("order_index", *silver_tables(site))]
    return [*silver, *(TableId("gold", table) for table in gold_tables(site))]


def stale(site: Site, entry: Entry) -> dict[TableId, str]:
    """The tables that are missing or were built from other inputs than the entry's, and why.

    A model is not stale because its inputs changed, but because its as-of date or its definition is not the current one.
    """
    months = {part_of(month) for month in site.months()}
    why = {
        TableId("mapped", table): "older than the delivered rows or the map"
        for table in mapped_targets(site)
        if not is_mapped(site, entry, table)
    }
    for table in expected_tables(site):
        parts = entry.parts(table)
        wanted = months if site.registry.table(table.name).monthly else {WHOLE}
        if missing := sorted(wanted - set(parts)):
            why[table] = f"never built ({len(missing)} of {len(wanted)} parts)" if missing != [WHOLE] else "never built"
        if table.layer == "gold" and parts and (reason := _why_snapshot_is_stale(site, entry, table.name)):
            why.setdefault(table, reason)
        for file in parts.values():
            if _is_snapshot(site, entry, table):
                continue
            if changed := [read for read, version in file.inputs.items() if entry.version(read) != version]:
                why.setdefault(table, f"older than {', '.join(map(str, changed))}")
    return why


def _is_snapshot(site: Site, entry: Entry, table: TableId) -> bool:
    return table.layer == "gold" and snapshots.is_snapshot(site, entry, site.registry.recipe(table.name))


def _why_snapshot_is_stale(site: Site, entry: Entry, table: str) -> str | None:
    """Why a model, or a table about models, does not belong to this state; None for other tables."""
    how = site.registry.recipe(table)
    if not snapshots.is_snapshot(site, entry, how) and MODEL_SNAPSHOTS not in how.reads:
        return None
    return gold.why_outdated(site, entry, table)


def _lost_states(site: Site, entry: Entry) -> dict[TableId, str]:
    """The models whose identities cannot be checked, because the log no longer has the state that they were made from."""
    return {
        table: f"the log no longer has state {file.state}, which it was made from"
        for table in expected_tables(site)
        if _is_snapshot(site, entry, table)
        for file in entry.parts(table).values()
        if not snapshots.has_its_state(site, file)
    }


def is_released(site: Site, head: Entry) -> bool:
    """Whether the tables of the current release are exactly those of this entry."""
    return head.release is not None and not head.pinned and site.lake.log.entry(head.release).tables == head.tables


def _released(site: Site, seen: Entry, latest: Entry) -> Entry:
    """The checked state without tables that are no longer built for the shop; a pinned state is returned as it is.

    Its identities hold: they do not read the tables that are left out."""
    if latest.pinned:
        return latest
    if latest.tables != seen.tables:
        raise UserError("Another build committed during this release; run the build again.")
    expected = set(expected_tables(site))
    kept = {table: parts for table, parts in latest.tables.items() if table in expected or table.layer not in LAYERS}
    released = replace(latest, tables=kept)
    current_with = "" if outdated(site, released) else definitions(site)
    return replace(released, definitions=current_with, identities_held=held_digest(site, seen))


def _check_files(site: Site, entry: Entry) -> None:
    """Raise an error if a file is missing or has another size, or if a file since the last release does not match its hash.

    Files of earlier releases were checked when they were new; `ecom-lake doctor --deep` checks all files again.
    """
    sizes = {info.path: info.size for info in site.lake.store.list(f"{site.shop.name}/{STORE}")}
    shown = site.lake.log.entry(entry.release) if entry.release else None
    seen = {file.path for parts in shown.tables.values() for file in parts.values()} if shown else set()
    for parts in entry.tables.values():
        for file in parts.values():
            is_new = site.lake.store.is_local and file.path not in seen
            if sizes.get(f"{site.shop.name}/{file.path}") != file.bytes or (is_new and site.lake.damage(file)):
                where = site.lake.where(file)
                raise UserError(f"{where} is missing or damaged. Run `ecom-lake repair`.")


def _checks(site: Site, head: Entry, current: bool) -> tuple[Check, ...]:
    """The checks of a state before its release. For the current release only new refused files can change the result."""
    fresh = _fresh(site, head, current)
    if not current and not fresh.passed:
        unchecked = (Check(TABLE, name, False, "block", _STALE) for name in (identities.NAME, acceptance.NAME))
        return (fresh, *unchecked, _own_files(site))
    if not current:
        _check_files(site, head)
    return (fresh, check_identities(site, head, current), acceptance.deliveries_accepted(site, head), _own_files(site))


def _own_files(site: Site) -> Check:
    """Reports the files of the project folder that have an error: their tables are not in the release."""
    wrong = site.registry.invalid
    says = f"Left out: {' '.join(wrong.values())}" if wrong else "Every table of the project folder is built."
    evidence = tuple({"table": table, "why": why} for table, why in wrong.items())
    return Check(TABLE, OWN_FILES, passed=not wrong, severity="warn", says=says, evidence=evidence)


def _fresh(site: Site, entry: Entry, current: bool) -> Check:
    """The state that a model was made from is needed for the identities, which are not checked again for the current release."""
    why = ({} if current else _lost_states(site, entry)) | stale(site, entry)
    return Check(
        TABLE,
        "nothing_stale",
        passed=not why,
        severity="block",
        says=f"{counted(len(why), 'table')} must be rebuilt first: {', '.join(map(str, why))}."
        if why
        else "Every table is built from the current version of its inputs.",
        evidence=tuple({"table": str(table), "why": reason} for table, reason in why.items()),
    )
