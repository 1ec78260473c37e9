"""Silver to gold: one table, computed whole, audited, committed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl

from ecom_lake.contracts import catalog
from ecom_lake.contracts.shop_settings import settings_row
from ecom_lake.contracts.table import Table
from ecom_lake.lake.engine import literal, name, parquet
from ecom_lake.lake.lake import rows_in
from ecom_lake.lake.log import Entry, File
from ecom_lake.pipeline import trust
from ecom_lake.pipeline.audit import audit, checks_of
from ecom_lake.pipeline.commit import Inputs, commit
from ecom_lake.pipeline.fingerprint import code_of, fingerprint
from ecom_lake.pipeline.outcome import Outcome
from ecom_lake.pipeline.recipes import SETTINGS, Recipe, recipe
from ecom_lake.pipeline.site import Site

_CODE = ("pipeline/gold.py", "pipeline/audit.py", "lake/engine.py", "contracts/promises.py")
"""What writes and audits every table, beside its own recipe."""
_ABOUT_ITSELF = ("pipeline/trust.py", "contracts", "connectors")
"""What the lake's own tables say comes from, beside the log."""


def make_gold(site: Site, table: str) -> Outcome:
    contract, how = catalog.gold()[table], recipe(table)
    target = f"gold/{table}"
    entry = site.lake.log.head()
    inputs = Inputs(entry, inputs_of(site, table))
    current = entry.parts(target).get("")
    if current and is_current(site, entry, table) and not site.full:
        return Outcome(target, {"": current}, checks=tuple(checks_of(contract, current.failed, {})))
    own = _own_tables(site, entry, how)
    mark = _mark(site, how, inputs, own)
    if current and current.fingerprint == mark and not site.full:
        kept = replace(current, inputs=inputs.versions)
        commit(site, inputs, {target: {"": kept}}, f"{target}, unchanged")
        return Outcome(target, {"": kept}, checks=tuple(checks_of(contract, kept.failed, {})))
    Inputs(entry, _places_of(how)).hold(site)
    with site.engine() as (con, scratch):
        attach(site, entry, con, how.reads)
        for view, frame in own.items():
            con.register(view, frame.to_arrow())
        made = scratch / f"{table}.parquet"
        write(con, how.run(con, site.shop), contract, made)
        failed, checks = audit(con, contract, made)
        if any(check.blocks for check in checks):
            return Outcome(target, {"": current} if current else {}, checks=tuple(checks))
        blank = File("", rows_in(made), 0, "", mark, site.run, inputs.versions, failed=failed)
        file = site.lake.publish(made, target, "", blank, current)
    commit(site, inputs, {target: {"": file}}, target)
    return Outcome(target, {"": file}, written=("",), checks=tuple(checks))


def is_current(site: Site, entry: Entry, table: str) -> bool:
    """Whether a table would come out as it is; told from the log alone."""
    inputs = Inputs(entry, inputs_of(site, table))
    current = entry.parts(f"gold/{table}").get("")
    return bool(current and current.fingerprint.startswith(_made_by(site, recipe(table))) and current.inputs == inputs.versions)


def _own_tables(site: Site, entry: Entry, how: Recipe) -> dict[str, pl.DataFrame]:
    return {name: trust.own_table(site, entry, name) for name in how.reads if name in trust.TABLES}


def _made_by(site: Site, how: Recipe) -> str:
    about_itself = code_of(*_ABOUT_ITSELF) if how.speaks_of_the_lake else ""
    return fingerprint(code_of(*_CODE), about_itself, how.code, how.settings(site.shop))


def _mark(site: Site, how: Recipe, inputs: Inputs, own: Mapping[str, pl.DataFrame]) -> str:
    """What the lake knows of itself changes less often than the tables that it speaks of."""
    read = {view: frame.write_ndjson() for view, frame in own.items()} or inputs.versions
    return f"{_made_by(site, how)}-{fingerprint(read)}"


def inputs_of(site: Site, table: str) -> tuple[str, ...]:
    """The tables of the lake that a gold table is made from."""
    tables: dict[str, None] = {}
    for read in recipe(table).reads:
        if read in trust.TABLES:
            tables |= dict.fromkeys(trust.reads_of(site, read))
        elif read != SETTINGS:
            tables[place_of(read)] = None
    return tuple(tables)


def _places_of(how: Recipe) -> tuple[str, ...]:
    """The tables whose files a recipe reads; of those that it only speaks of it reads the log."""
    return tuple(place_of(read) for read in how.reads if read not in (*trust.TABLES, SETTINGS))


def place_of(table: str) -> str:
    """The layer and name of a table that SQL calls by its name alone."""
    return f"gold/{table}" if table in catalog.gold() else f"silver/{table}"


def attach(site: Site, entry: Entry, con: duckdb.DuckDBPyConnection, tables: tuple[str, ...]) -> None:
    """Give the engine a view of each table as the entry has it; of one that was never made, an empty one."""
    for table in tables:
        if table == SETTINGS:
            con.register(SETTINGS, settings_row(site.shop.numbers).to_arrow())
        elif table not in trust.TABLES:
            paths = site.lake.paths(entry, place_of(table))
            source = parquet(paths) if paths else _nothing(catalog.gold().get(table) or catalog.silver()[table])
            con.execute(
                f"create view {name(table)} as select * from {source}" if paths else f"create view {name(table)} as {source}"
            )


def _nothing(table: Table) -> str:
    columns = ", ".join(f"null::{column.kind.duckdb} as {name(column.name)}" for column in table.columns.values())
    return f"select {columns} where false"


def write(con: duckdb.DuckDBPyConnection, made: duckdb.DuckDBPyRelation | pl.DataFrame, table: Table, target: Path) -> None:
    """The table as its contract has it: these columns, in this order and type, sorted by key, as plain old Parquet.

    A total order is what makes the file's bytes the same on any number of threads.
    """
    columns = ", ".join(f"{name(c.name)}::{c.kind.duckdb} as {name(c.name)}" for c in table.columns.values())
    order = ", ".join(map(name, table.key))
    if isinstance(made, pl.DataFrame):
        con.register("_made", made.to_arrow())
        source = "_made"
    else:
        source = f"({made.sql_query()})"
    con.execute(
        f"copy (select {columns} from {source} order by {order}) to {literal(str(target))} "
        "(format parquet, compression snappy, parquet_version v1, row_group_size 122880)"
    )
