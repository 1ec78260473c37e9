"""The serving file of a release on disk: its name, building it, and asking it.

A file is named after what it was made from, written under another name and renamed, so that two servers may build it at a time
and a killed one leaves nothing that is read. It is in the lake's store, where `ecom-lake gc` deletes it, or in a temporary folder
where the lake cannot be written. Not here: its tables (tables.py), and when it is built (prepared.py).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import duckdb

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.duckdb_engine import parquet
from ecom_lake.engine.serve.query import Limits, Session
from ecom_lake.engine.store.entry import Entry, Parts
from ecom_lake.engine.store.lake import STORE, in_order
from ecom_lake.publish.dashboard.query import Row
from ecom_lake.publish.dashboard.serving.tables import COPIED, FACTS, tables

Config = dict[str, str | bool | int | float | list[str]]
FOLDER = f"{STORE}/serving"
OUTDATED = 24 * 3600
"""Seconds after which a file that no server has opened is deleted. One that another server has open stays readable."""
_MADE_FROM = (*FACTS, *COPIED)
_NEEDED = ("fct_orders", "fct_sales", "dim_product", "product_performance", "kpi_monthly")
_LOCKS = ("set enable_external_access = false", "set lock_configuration = true")


def can_serve(site: Site, entry: Entry, least_lines: int) -> bool:
    """Whether the release is large enough for a serving file to pay, and has the tables that every one is made from."""
    lines = sum(file.rows for file in _parts(entry, "fct_sales").values())
    return lines >= least_lines and all(_parts(entry, table) for table in _NEEDED)


def path_of(site: Site, entry: Entry, scratch: Path) -> Path:
    """Where the file is, or is to be made: in `scratch` for a lake that cannot be written."""
    name = _name(site, entry)
    try:
        folder = site.lake.store.scratch_folder(f"{site.shop.name}/{FOLDER}")
    except OSError:
        return scratch / name
    return folder / name if (folder / name).exists() or _is_writable(folder) else scratch / name


def _is_writable(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK)


def _name(site: Site, entry: Entry) -> str:
    """The same for the same gold tables, code and DuckDB."""
    made_from = [duckdb.__version__, repr(_queries(site, entry))]
    made_from += [file.hash for table in _MADE_FROM for _, file in sorted(_parts(entry, table).items())]
    return f"{hashlib.blake2b(' '.join(made_from).encode(), digest_size=12).hexdigest()}.duckdb"


def build(site: Site, entry: Entry, target: Path, memory: str, started: Callable[[duckdb.DuckDBPyConnection], None]) -> None:
    """Make the file `target`. `started` is called with the connection before each statement, and may stop by raising."""
    draft = target.with_name(f".{uuid.uuid4().hex}.duckdb")
    spill = draft.with_suffix(".spill")
    settings: Config = {"memory_limit": memory, "threads": 1, "temp_directory": str(spill), "preserve_insertion_order": False}
    try:
        with closing(duckdb.connect(draft, config=settings)) as con:
            for statement in _statements(site, entry):
                started(con)
                con.execute(statement)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        for left in (draft, draft.with_name(f"{draft.name}.wal")):
            left.unlink(missing_ok=True)
        shutil.rmtree(spill, ignore_errors=True)


def _statements(site: Site, entry: Entry) -> Iterator[str]:
    for table in _MADE_FROM:
        if parts := _parts(entry, table):
            alias = table if table in FACTS else f"gold_{table}"
            yield f"create temp view {alias} as select * from {parquet(site.lake.locals(in_order(parts)))}"
    for table, query in _queries(site, entry).items():
        yield f"create {'temp ' if table.startswith('_') else ''}table {table} as {query}"


def _queries(site: Site, entry: Entry) -> dict[str, str]:
    known = [table for table in _MADE_FROM if _parts(entry, table)]
    return tables(list(site.registry.gold["fct_orders"].columns), known, site.shop.mining.churn_days)


def _parts(entry: Entry, table: str) -> Parts:
    return entry.parts(TableId("gold", table))


def remove_outdated(used: Path) -> None:
    """Delete the other files of the folder, a day after they were last opened."""
    for path in used.parent.glob("*.duckdb"):
        with suppress(OSError):
            if path != used and path.stat().st_mtime < time.time() - OUTDATED:
                path.unlink()


class ServingFile:
    """An open serving file, read-only."""

    def __init__(self, path: Path, memory: str, threads: int, seconds: float) -> None:
        settings: Config = {"memory_limit": memory, "threads": threads, "access_mode": "READ_ONLY"}
        self._con = duckdb.connect(path, config=settings)
        for setting in _LOCKS:
            self._con.execute(setting)
        self._session = Session(self._con, {}, Limits(seconds, memory))
        with suppress(OSError):
            os.utime(path)  # it is in use

    def rows(self, sql: str, values: Mapping[str, Any]) -> Sequence[Row]:
        """`values` may hold more parameters than the query has."""
        named = set(re.findall(r"\$(\w+)", sql))
        return self._session.rows(sql, {name: value for name, value in values.items() if name in named})

    def close(self) -> None:
        self._con.close()
