"""Silver to gold: compute a table, audit it, commit it. Monthly tables are made in by_month.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from ecom_lake.engine.build.gold import snapshots
from ecom_lake.engine.build.gold.by_month import are_current, make_months
from ecom_lake.engine.build.gold.definition import definition_fingerprint
from ecom_lake.engine.build.gold.last_checks import last_checks
from ecom_lake.engine.build.gold.run_recipe import run_recipe
from ecom_lake.engine.build.gold.table_file import attach, place_of, write
from ecom_lake.engine.build.release import own_tables as trust
from ecom_lake.engine.build.release.offer import left_out
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.specs import not_exported
from ecom_lake.engine.build.step.audit import audit
from ecom_lake.engine.build.step.built_with import state_to_build_on
from ecom_lake.engine.build.step.commit import Inputs, commit
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.build.step.outcome import Check, Outcome
from ecom_lake.engine.contracts.fitted import Past
from ecom_lake.engine.contracts.model_fit import ModelFit
from ecom_lake.engine.contracts.recipe import MODEL_SNAPSHOTS, OWN_TABLES, RESERVED, SETTINGS, Recipe
from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.engine.store.entry import Entry, File, Made
from ecom_lake.engine.store.lake import rows_in
from ecom_lake.errors import UserError


def make_gold(site: Site, table: str) -> list[Outcome]:
    """Make a table, together with the other tables of its recipe."""
    how, entry = site.registry.recipe(table), state_to_build_on(site)
    inputs = Inputs(entry, inputs_of(site, table))
    if how.contracts[0].monthly:
        return [make_months(site, how, inputs, definition_fingerprint(site, entry, how))]
    current = {TableId("gold", made): file for made in how.tables if (file := entry.parts(TableId("gold", made)).get(WHOLE))}
    must_rebuild = site.full or len(current) < len(how.tables) or (site.refit and how.fit is not None)
    if not must_rebuild and _has_states(site, how, current) and all(is_current(site, entry, made) for made in how.tables):
        return _kept(site, current)
    own = _own_tables(site, entry, how)
    mark = _mark(site, how, inputs, own)
    if not must_rebuild and all(file.fingerprint == mark for file in current.values()):
        kept = {place: replace(file, inputs=inputs.versions) for place, file in current.items()}
        if how.fit:
            as_of = snapshots.as_of_date(site, entry)
            kept = {place: replace(file, as_of=as_of, state=entry.number) for place, file in kept.items()}
        commit(site, inputs, {place: {WHOLE: file} for place, file in kept.items()}, f"gold/{how.table}, unchanged")
        return _kept(site, kept)
    return _made(site, how, inputs, own, mark, current)


def _has_states(site: Site, how: Recipe, current: Mapping[TableId, File]) -> bool:
    """Whether the log has the states that the identities of a model are checked in; true for other tables."""
    return how.fit is None or all(snapshots.has_its_state(site, file) for file in current.values())


def _kept(site: Site, current: Mapping[TableId, File]) -> list[Outcome]:
    return [
        Outcome(place, {WHOLE: file}, checks=last_checks(site, site.registry.table(place.name), [file]))
        for place, file in current.items()
    ]


def _made(
    site: Site, how: Recipe, inputs: Inputs, own: Mapping[str, pl.DataFrame], mark: str, current: Mapping[TableId, File]
) -> list[Outcome]:
    """Make and commit all tables of a recipe, or none if one of them fails a blocking rule."""
    Inputs(inputs.entry, _places_of(site, how)).verify(site)
    made: dict[TableId, Made] = {}
    files: dict[TableId, File] = {}
    checks: dict[TableId, list[Check]] = {}
    with site.sql_engine() as (engine, scratch):
        attach(site, _only(inputs), engine, dict.fromkeys((*how.reads, *how.names)))
        for view, frame in own.items():
            engine.attach(view, frame)
        for table, rows in run_recipe(how, engine, site.shop, _past(site, how, current)).items():
            place, target = TableId("gold", table), scratch / f"{table}.parquet"
            write(engine.con, rows, site.registry.table(table), target)
            failed, checks[place] = audit(engine, site.registry.table(table), target)
            as_of = snapshots.as_of_date(site, inputs.entry) if how.fit else snapshots.stated_as_of(site, table, engine, target)
            state = inputs.entry.number if how.fit else None
            made[place] = Made(
                rows=rows_in(target),
                fingerprint=mark,
                run=site.run,
                inputs=inputs.versions,
                failed=failed,
                as_of=as_of,
                state=state,
            )
        if any(check.blocks for table_checks in checks.values() for check in table_checks):
            files_before = {place: {WHOLE: file} for place, file in current.items()}
            return [Outcome(place, files_before.get(place, {}), checks=tuple(found)) for place, found in checks.items()]
        for place, one in made.items():
            target = scratch / f"{place.name}.parquet"
            files[place] = site.lake.publish(target, place, WHOLE, one, current.get(place))
    commit(site, inputs, {place: {WHOLE: file} for place, file in files.items()}, f"gold/{how.table}")
    return [Outcome(place, {WHOLE: file}, written=(WHOLE,), checks=tuple(checks[place])) for place, file in files.items()]


def _past(site: Site, how: Recipe, current: Mapping[TableId, File]) -> Past:
    """The last fit of a model; none for a refit, or if the fit's table had other columns."""
    file = current.get(TableId("gold", how.fit)) if how.fit else None
    if file is None or site.refit:
        return Past()
    if why := site.lake.damage_read(file):
        raise UserError(f"{site.lake.where(file)} {why}. `ecom-lake repair` restores it or marks the model for a refit.")
    rows = pl.read_parquet(site.lake.local(file), glob=False)
    return Past(rows if set(rows.columns) == set(ModelFit.table.columns) else None)


def _only(inputs: Inputs) -> Entry:
    """The entry with the inputs only: a table that the shop no longer has is empty."""
    return replace(inputs.entry, tables={table: inputs.entry.parts(table) for table in inputs.tables})


def is_current(site: Site, entry: Entry, table: str) -> bool:
    """Whether rebuilding a table would change nothing, computed from the log only. A model is kept if its inputs change."""
    how, inputs = site.registry.recipe(table), Inputs(entry, inputs_of(site, table))
    if how.contracts[0].monthly:
        return are_current(site, inputs, how.contracts[0], definition_fingerprint(site, entry, how))
    current = entry.parts(TableId("gold", table)).get(WHOLE)
    return bool(
        current
        and why_outdated(site, entry, table) is None
        and (snapshots.is_snapshot(site, entry, how) or current.inputs == inputs.versions)
    )


def why_outdated(site: Site, entry: Entry, table: str) -> str | None:
    """Why a table must be rebuilt, whatever the versions of its inputs are: for a model also because of its as-of date."""
    how, current = site.registry.recipe(table), entry.parts(TableId("gold", table)).get(WHOLE)
    if snapshots.is_snapshot(site, entry, how):
        return snapshots.why_outdated(site, entry, how, lambda model: definition_fingerprint(site, entry, model))
    if current and not current.fingerprint.startswith(definition_fingerprint(site, entry, how)):
        return snapshots.OTHER_DEFINITION
    return None


def _own_tables(site: Site, entry: Entry, how: Recipe) -> dict[str, pl.DataFrame]:
    own = {name: trust.own_table(site, entry, name) for name in how.reads if name in OWN_TABLES}
    return own | ({MODEL_SNAPSHOTS: snapshots.changes_since(site, entry)} if MODEL_SNAPSHOTS in how.reads else {})


def _mark(site: Site, how: Recipe, inputs: Inputs, own: Mapping[str, pl.DataFrame]) -> str:
    """The fingerprint of a gold table. Own tables of the lake enter it by their rows, which change less often than the log."""
    places = _places_of(site, how) if own else inputs.tables
    read = {view: frame.write_ndjson() for view, frame in own.items()}, {place: inputs.entry.version(place) for place in places}
    return f"{definition_fingerprint(site, inputs.entry, how)}-{fingerprint(read)}"


def inputs_of(site: Site, table: str) -> tuple[TableId, ...]:
    """The tables of the lake that a gold table is made from."""
    tables: dict[TableId, None] = {}
    for read in _reads(site, site.registry.recipe(table)):
        if read in OWN_TABLES:
            tables |= dict.fromkeys(trust.reads_of(site, read))
        elif read not in (SETTINGS, MODEL_SNAPSHOTS):
            tables[place_of(site.registry, read)] = None
    return tuple(tables)


def _reads(site: Site, how: Recipe) -> list[str]:
    """The tables that a recipe reads, without those that the shop does not have."""
    missing = not_exported(site) | (left_out(site).keys() if site.registry.table(how.table).partial else set())
    return [read for read in how.reads if read not in missing]


def _places_of(site: Site, how: Recipe) -> tuple[TableId, ...]:
    """The tables whose files a recipe reads. The lake's own tables are computed from the log."""
    return tuple(place_of(site.registry, read) for read in _reads(site, how) if read not in RESERVED)
