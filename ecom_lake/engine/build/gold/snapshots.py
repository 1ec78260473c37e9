"""Models are snapshots: when a model runs, which state its tables are compared with, and what has changed since then.

A model runs when the shop's as-of date moves, when its definition changes, or when asked; corrections of past months do not run
it. Its files record the as-of date and the number of the state that its inputs were read from. Without an as-of date, a model is
an ordinary table, and its inputs decide (docs/decisions/0033-models-are-snapshots.md).
Not here: running a model (make_gold.py), and keeping the states that files name (engine/build/maintenance/garbage.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from itertools import pairwise
from pathlib import Path

import polars as pl

from ecom_lake.engine.build.gold.table_file import attach
from ecom_lake.engine.build.release.offer import left_out
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.sql.on_duckdb import OnDuckDB
from ecom_lake.engine.build.sql.sql_engine import Files, SqlEngine
from ecom_lake.engine.contracts.domain import BEFORE
from ecom_lake.engine.contracts.recipe import Recipe
from ecom_lake.engine.contracts.sql_tables import tables_in
from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.engine.duckdb_engine import name
from ecom_lake.engine.store.entry import EMPTY, Entry, File

OTHER_DEFINITION = "made with other code or settings"


def as_of_date(site: Site, entry: Entry) -> date | None:
    """The as-of date for which models run now, from the log; None for a shop without one."""
    declared = site.registry.domain.snapshots
    file = _file(entry, declared.table) if declared else None
    return file.as_of if file else None


def stated_as_of(site: Site, table: str, engine: SqlEngine, written: Path) -> date | None:
    """The as-of date that a table states which was just written; None if it is not the table of the as-of date."""
    declared = site.registry.domain.snapshots
    if declared is None or declared.table != table:
        return None
    engine.attach(table, Files([written], site.registry.table(table)))
    day = engine.rows(declared.as_of, limit=1).item()
    return day if isinstance(day, date) else None


def is_snapshot(site: Site, entry: Entry, how: Recipe) -> bool:
    return how.fit is not None and as_of_date(site, entry) is not None


def why_outdated(site: Site, entry: Entry, how: Recipe, definition_of: Callable[[Recipe], str]) -> str | None:
    """Why a model must run again; None if it is up to date. Models that identities compare with it run together with it."""
    models = [how, *_compared_with(site, how)]
    for model in models:
        if why := _why_outdated(site, entry, model, definition_of(model)):
            return why if model is how else f"it runs together with {model.table}, which must run again: {why}"
    if any(_read_other_inputs(entry, *pair) for pair in pairwise(models)):
        return f"{' and '.join(model.table for model in models)} ran on different inputs"
    return None


def _why_outdated(site: Site, entry: Entry, how: Recipe, definition: str) -> str | None:
    as_of = as_of_date(site, entry)
    for table in how.tables:
        file = _file(entry, table)
        if file is None:
            return "never built"
        if file.as_of != as_of:
            return f"made as of {file.as_of}, and the as-of date is {as_of}"
        if not file.fingerprint.startswith(definition):
            return OTHER_DEFINITION
    return None


def _compared_with(site: Site, how: Recipe) -> list[Recipe]:
    """The other models of the shop that identities compare with this one."""
    others = [model for model in site.registry.compared_models(how) if model.table != how.table]
    missing = left_out(site) if others else {}
    return [model for model in others if model.table not in missing]


def _read_other_inputs(entry: Entry, one: Recipe, other: Recipe) -> bool:
    """Whether two models that are built ran on different versions of an input that both have."""
    first, second = entry.parts(TableId("gold", one.table))[WHOLE], entry.parts(TableId("gold", other.table))[WHOLE]
    return any(second.inputs.get(table, version) != version for table, version in first.inputs.items())


def has_its_state(site: Site, file: File) -> bool:
    """Whether the log still has the state that a model's file was made from."""
    return file.state is not None and site.lake.log.has(file.state)


def compared_state(site: Site, entry: Entry, how: Recipe, tables: Iterable[str]) -> Entry:
    """The state in which identities of a recipe that read these tables are checked.

    For a model: its own tables and those of the models that run together with it, every other table as the model read it.
    """
    file = _file(entry, how.table)
    if file is None or file.state is None or not is_snapshot(site, entry, how):
        return entry
    live = {table for model in (how, *_compared_with(site, how)) for table in model.tables}
    state = _state_of(site, entry, file, [table for table in tables if table not in live])
    for table in live:
        state = state.with_parts(TableId("gold", table), entry.parts(TableId("gold", table)))
    return state


def _state_of(site: Site, entry: Entry, file: File, tables: Iterable[str]) -> Entry:
    """The state that a model's file was made from.

    A table that has not changed since has its present files: a damaged file was rebuilt under another name, with equal bytes."""
    assert file.state is not None
    state = site.lake.log.entry(file.state)
    for place in (site.registry.table(table).id for table in tables):
        if state.version(place) == entry.version(place):
            state = state.with_parts(place, entry.parts(place))
    return state


# ------------------------------------------------------------------------------------------------- what has changed since


def recorded(site: Site, entry: Entry) -> dict[str, tuple[date | None, int | None]]:
    """By model: the as-of date of its snapshot, and the number of the state that it was made from."""
    files = {model: _file(entry, fit) for model, fit in site.registry.fits.items()}
    return {model: (file.as_of, file.state) for model, file in files.items() if file}


def changes_since(site: Site, entry: Entry) -> pl.DataFrame:
    """The view `model_snapshots`: one row per model, with the columns of `Snapshots.changes`."""
    declared = site.registry.domain.snapshots
    tables = declared.tables if declared else ()
    counted: dict[tuple[str, ...], pl.DataFrame] = {}
    found: list[pl.DataFrame] = []
    for model, fit in site.registry.fits.items():
        file = _file(entry, fit)
        if file is None or not has_its_state(site, file):
            continue
        versions = _versions(site, file, tables)
        if versions not in counted:
            counted[versions] = changes_between(site, _state_of(site, entry, file, tables), entry)
        found.append(_of_model(model, counted[versions]))
    return pl.concat(found or [_of_model("", changes_between(site, EMPTY, EMPTY)).clear()])


def _of_model(model: str, counted: pl.DataFrame) -> pl.DataFrame:
    return counted.select(pl.lit(model).alias("model"), pl.all())


def _versions(site: Site, file: File, tables: Iterable[str]) -> tuple[str, ...]:
    """The versions of tables when a model ran. Those that the model read are recorded in its file."""
    places = [site.registry.table(table).id for table in tables]
    if all(place in file.inputs for place in places):
        return tuple(file.inputs[place] for place in places)
    assert file.state is not None
    state = site.lake.log.entry(file.state)
    return tuple(state.version(place) for place in places)


def changes_between(site: Site, before: Entry, now: Entry) -> pl.DataFrame:
    """The result of `Snapshots.changes`. Parts that both states have are left out of the tables that it compares."""
    declared = site.registry.domain.snapshots
    assert declared is not None
    reads = tables_in(declared.changes)
    then = [read.removesuffix(BEFORE) for read in reads if read.endswith(BEFORE)]
    live = [read for read in reads if not read.endswith(BEFORE)]
    for table in {*then} & {*live}:
        place = site.registry.table(table).id
        present = {part: file.hash for part, file in now.parts(place).items()}
        same = {part: None for part, file in before.parts(place).items() if present.get(part) == file.hash}
        before, now = before.with_parts(place, same), now.with_parts(place, same)
    with site.workspace() as (con, _):
        attach(site, before, OnDuckDB(con), then)
        for table in then:
            con.execute(f"alter view {name(table)} rename to {name(table + BEFORE)}")
        attach(site, now, OnDuckDB(con), live)
        rows: pl.DataFrame = con.sql(declared.changes).pl()
    return rows


def _file(entry: Entry, table: str) -> File | None:
    return entry.parts(TableId("gold", table)).get(WHOLE)
