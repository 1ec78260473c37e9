"""Monthly gold tables: only the months of which an input changed are rebuilt.

A month is a pure function of the month's parts of its inputs, and of what it reads of its narrow inputs; its fingerprint covers
both. The touched months are computed by one query that sees only their parts, and audited in one pass.
Here: which months are made. Not here: what their query sees, and their files (month_files.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from ecom_lake.engine.build.gold.last_checks import last_checks
from ecom_lake.engine.build.gold.month_files import narrow_digests, narrow_rows, write_months
from ecom_lake.engine.build.gold.run_recipe import run_recipe
from ecom_lake.engine.build.gold.table_file import attach, place_of, stored_files, stored_rows
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.parts import part_of
from ecom_lake.engine.build.sql.on_duckdb import OnDuckDB
from ecom_lake.engine.build.sql.sql_engine import Query
from ecom_lake.engine.build.step.audit import audit_parts
from ecom_lake.engine.build.step.commit import Inputs, commit, gone
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.build.step.outcome import Check, Outcome
from ecom_lake.engine.contracts.by_month import monthly_inputs
from ecom_lake.engine.contracts.fitted import Past
from ecom_lake.engine.contracts.recipe import SETTINGS, Recipe
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.contracts.table_id import Part
from ecom_lake.engine.duckdb_engine import name
from ecom_lake.engine.store.entry import Entry, File, Made
from ecom_lake.engine.store.lake import in_order, rows_in
from ecom_lake.errors import UserError
from ecom_lake.words import counted


def are_current(site: Site, inputs: Inputs, table: Table, definition: str) -> bool:
    """Whether rebuilding the table's months would change nothing, computed from the log only."""
    parts = inputs.entry.parts(table.id)
    if set(parts) != set(map(part_of, site.months())):
        return False
    return all(file.inputs == inputs.versions and file.fingerprint.startswith(definition) for file in parts.values())


def make_months(site: Site, how: Recipe, inputs: Inputs, definition: str) -> Outcome:
    """Make the months whose inputs or definition changed; in a full build, every month."""
    table, entry, months = how.contracts[0], inputs.entry, site.months()
    current = entry.parts(table.id)
    if not site.full and are_current(site, inputs, table, definition):
        return Outcome(table.id, current, checks=last_checks(site, table, in_order(current)))
    _refuse_missing_inputs(inputs, table)
    marks = _marks(site, how, inputs, definition)
    touched = {month: mark for month, mark in marks.items() if site.full or _mark_of(current.get(part_of(month))) != mark}
    unchanged = {part_of(month) for month in marks if month not in touched}
    kept = {part: replace(file, inputs=inputs.versions) for part, file in current.items() if part in unchanged}
    made, checks = _made(site, how, inputs, touched, kept) if touched else ({}, last_checks(site, table, in_order(kept)))
    if any(check.blocks for check in checks):
        return Outcome(table.id, current, checks=checks)
    changes: Mapping[Part, File | None] = {**gone(entry, table.id, map(part_of, months)), **kept, **made}
    after = commit(site, inputs, {table.id: changes}, f"{table.id}, {counted(len(touched), 'month')}")
    return Outcome(table.id, after.parts(table.id), tuple(made), checks)


def _refuse_missing_inputs(inputs: Inputs, table: Table) -> None:
    """An input that was never built has no rows: a month that is joined to it would be empty, without an error."""
    if missing := [place for place in inputs.tables if not inputs.entry.parts(place)]:
        raise UserError(f"{table.id} is made from {missing[0]}, which was never built: `ecom-lake build` builds both.")


def _mark_of(file: File | None) -> str | None:
    return file.fingerprint if file else None


def _marks(site: Site, how: Recipe, inputs: Inputs, definition: str) -> dict[date, str]:
    """The fingerprint of each month: the definition, the month's parts of its inputs, and what it reads of its narrow inputs.

    The latter is computed only for months of which the rest changed, or if a narrow input has another version.
    """
    entry, table = inputs.entry, how.contracts[0]
    with_months = [place_of(site.registry, read) for read in monthly_inputs(how, site.registry.tables)]
    narrow = [place_of(site.registry, one.table) for one in table.narrow_inputs]
    before = entry.parts(table.id)
    marks: dict[date, str] = {}
    for month in site.months():
        hashes = [file and file.hash for file in (entry.parts(read).get(part_of(month)) for read in with_months)]
        marks[month] = f"{definition}-{fingerprint(hashes)}"
    known = {
        month: file.fingerprint
        for month, mark in marks.items()
        if (file := before.get(part_of(month)))
        and file.fingerprint.startswith(f"{mark}-")
        and all(file.inputs.get(read) == entry.version(read) for read in narrow)
    }
    digests = _narrow_digests(site, how, inputs, [month for month in marks if month not in known])
    return {month: known.get(month) or f"{mark}-{fingerprint(digests[month])}" for month, mark in marks.items()}


def _narrow_digests(site: Site, how: Recipe, inputs: Inputs, months: Sequence[date]) -> dict[date, list[str]]:
    digests: dict[date, list[str]] = {month: [] for month in months}
    if not months or not how.contracts[0].narrow_inputs:
        return digests
    seen = _seen(inputs, months)
    with site.workspace() as (con, _):
        attach(site, seen, OnDuckDB(con), monthly_inputs(how, site.registry.tables))
        for narrow in how.contracts[0].narrow_inputs:
            for month, digest in narrow_digests(con, narrow, stored_rows(site, seen, narrow.table), months).items():
                digests[month].append(digest)
    return digests


def _seen(inputs: Inputs, months: Sequence[date]) -> Entry:
    """The entry with what these months may read: their parts of the inputs with months, and the inputs without months."""
    wanted = set(map(part_of, months))
    parts = {table: inputs.entry.parts(table) for table in inputs.tables}
    return replace(
        inputs.entry,
        tables={
            table: {part: file for part, file in files.items() if not part.month or part in wanted}
            for table, files in parts.items()
        },
    )


def _made(
    site: Site, how: Recipe, inputs: Inputs, marks: Mapping[date, str], kept: Mapping[Part, File]
) -> tuple[dict[Part, File], tuple[Check, ...]]:
    """The files of these months and the checks of all months; no file if a blocking check failed."""
    table, months, seen = how.contracts[0], list(marks), _seen(inputs, list(marks))
    read = replace(seen, tables={**seen.tables, table.id: kept})  # the keys of kept months are read too
    Inputs(read, (*inputs.tables, table.id)).verify(site)
    with site.sql_engine() as (engine, scratch):
        attach(site, seen, engine, [read for read in how.reads if read == SETTINGS or site.registry.table(read).monthly])
        for narrow in table.narrow_inputs:
            engine.attach(f"_all_{narrow.table}", stored_files(site, seen, narrow.table))
            source = f"select * from {name(f'_all_{narrow.table}')}"
            engine.attach(narrow.table, Query(narrow_rows(narrow, source, months)))
        rows = run_recipe(how, engine, site.shop, Past())[table.name]
        written = {part_of(month): file for month, file in write_months(engine.con, rows, table, months, scratch).items()}
        others = dict(zip(site.lake.locals(in_order(kept)), (file.failed for file in in_order(kept)), strict=True))
        failed, checks = audit_parts(engine, table, written, others)
        if any(check.blocks for check in checks):
            return {}, tuple(checks)
        files: dict[Part, File] = {}
        for month, mark in marks.items():
            part = part_of(month)
            made = Made(
                rows=rows_in(written[part]), fingerprint=mark, run=site.run, inputs=inputs.versions, failed=failed.get(part, {})
            )
            files[part] = site.lake.publish(written[part], table.id, part, made, inputs.entry.parts(table.id).get(part))
    return files, tuple(checks)
