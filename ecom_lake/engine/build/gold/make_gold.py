"""Silver to gold: compute a table, audit it, commit it. Monthly tables are made in by_month.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import polars as pl

from ecom_lake.engine.build.gold.by_month import are_current, make_months
from ecom_lake.engine.build.gold.last_checks import last_checks
from ecom_lake.engine.build.gold.run_recipe import code_of, run_recipe, settings_of
from ecom_lake.engine.build.gold.table_file import attach, place_of, write
from ecom_lake.engine.build.release import own_tables as trust
from ecom_lake.engine.build.release.offer import left_out
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.audit import audit
from ecom_lake.engine.build.step.built_with import state_to_build_on
from ecom_lake.engine.build.step.code_version import code_version
from ecom_lake.engine.build.step.commit import Inputs, commit
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.build.step.outcome import Check, Outcome
from ecom_lake.engine.contracts.fitted import Past
from ecom_lake.engine.contracts.model_fit import ModelFit
from ecom_lake.engine.contracts.recipe import OWN_TABLES, SETTINGS, Recipe
from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.engine.store.entry import Entry, File, Made
from ecom_lake.engine.store.lake import rows_in
from ecom_lake.errors import UserError

_CODE = ("ecom_lake.engine.build.gold.table_file", "ecom_lake.engine.build.step.audit")
"""The modules that write and check every gold table."""
_BY_MONTH = "ecom_lake.engine.build.gold.month_files"
"""The module that writes monthly ones."""


def make_gold(site: Site, table: str, months: Sequence[date] | None = None) -> list[Outcome]:
    """Make a table, together with the other tables of its recipe. `months` are those of a monthly table that are asked for."""
    how, entry = site.registry.recipe(table), state_to_build_on(site)
    inputs = Inputs(entry, inputs_of(site, table))
    if how.contracts[0].monthly:
        return [make_months(site, how, inputs, _definition_fingerprint(site, how), months)]
    current = {TableId("gold", made): file for made in how.tables if (file := entry.parts(TableId("gold", made)).get(WHOLE))}
    must_rebuild = site.full or len(current) < len(how.tables) or (site.refit and how.fit is not None)
    if not must_rebuild and all(is_current(site, entry, made) for made in how.tables):
        return _kept(site, current)
    own = _own_tables(site, entry, how)
    mark = _mark(site, how, inputs, own)
    if not must_rebuild and all(file.fingerprint == mark for file in current.values()):
        kept = {place: replace(file, inputs=inputs.versions) for place, file in current.items()}
        commit(site, inputs, {place: {WHOLE: file} for place, file in kept.items()}, f"gold/{how.table}, unchanged")
        return _kept(site, kept)
    return _made(site, how, inputs, own, mark, current)


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
    with site.workspace() as (con, scratch):
        attach(site, _only(inputs), con, dict.fromkeys((*how.reads, *how.names)))
        for view, frame in own.items():
            con.register(view, frame.to_arrow())
        for table, rows in run_recipe(how, con, site.shop, _past(site, how, current)).items():
            place, target = TableId("gold", table), scratch / f"{table}.parquet"
            write(con, rows, site.registry.table(table), target)
            failed, checks[place] = audit(con, site.registry.table(table), target)
            made[place] = Made(rows=rows_in(target), fingerprint=mark, run=site.run, inputs=inputs.versions, failed=failed)
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
    """Whether rebuilding a table would change nothing, computed from the log only."""
    how, inputs = site.registry.recipe(table), Inputs(entry, inputs_of(site, table))
    if how.contracts[0].monthly:
        return are_current(site, inputs, how.contracts[0], _definition_fingerprint(site, how))
    current = entry.parts(TableId("gold", table)).get(WHOLE)
    return bool(
        current and current.fingerprint.startswith(_definition_fingerprint(site, how)) and current.inputs == inputs.versions
    )


def _own_tables(site: Site, entry: Entry, how: Recipe) -> dict[str, pl.DataFrame]:
    return {name: trust.own_table(site, entry, name) for name in how.reads if name in OWN_TABLES}


def _definition_fingerprint(site: Site, how: Recipe) -> str:
    """A fingerprint of everything that the table depends on, except the rows of its inputs."""
    own_tables = trust.definition_fingerprint(site) if how.reads_own_tables else ""
    code = (*_CODE, *((_BY_MONTH,) if how.contracts[0].monthly else ()), *code_of(how))
    return fingerprint(code_version(*code), own_tables, how.contracts, how.query, settings_of(how, site.shop))


def _mark(site: Site, how: Recipe, inputs: Inputs, own: Mapping[str, pl.DataFrame]) -> str:
    """The fingerprint of a gold table. Own tables of the lake enter it by their rows, which change less often than the log."""
    read = {view: frame.write_ndjson() for view, frame in own.items()} or inputs.versions
    return f"{_definition_fingerprint(site, how)}-{fingerprint(read)}"


def inputs_of(site: Site, table: str) -> tuple[TableId, ...]:
    """The tables of the lake that a gold table is made from."""
    tables: dict[TableId, None] = {}
    for read in _reads(site, site.registry.recipe(table)):
        if read in OWN_TABLES:
            tables |= dict.fromkeys(trust.reads_of(site, read))
        elif read != SETTINGS:
            tables[place_of(site.registry, read)] = None
    return tuple(tables)


def _reads(site: Site, how: Recipe) -> list[str]:
    """The tables that a recipe reads, without those that the shop does not have."""
    missing = left_out(site) if site.registry.table(how.table).partial else {}
    return [read for read in how.reads if read not in missing]


def _places_of(site: Site, how: Recipe) -> tuple[TableId, ...]:
    """The tables whose files a recipe reads. The lake's own tables are computed from the log."""
    return tuple(place_of(site.registry, read) for read in _reads(site, how) if read not in (*OWN_TABLES, SETTINGS))
