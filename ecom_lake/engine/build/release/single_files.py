"""Monthly gold tables as one plain file each, for readers of a lake that had these files before the tables had months.

`plain_fact_files = false` in lake.toml ends it. The files are written from the months at each release in which the table
changed, and are not part of the store: release.json records the version and the hash of each.
Here: which files these are, and writing one. Not here: the folders of months, which are copies of stored files (plain_view.py).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from ecom_lake import logs
from ecom_lake.engine.build.gold.table_file import write_sorted
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.duckdb_engine import parquet
from ecom_lake.engine.store.entry import Entry
from ecom_lake.engine.store.integrity import hash_file
from ecom_lake.engine.store.lake import in_order
from ecom_lake.errors import UserError


@dataclass(frozen=True)
class SingleFile:
    """The file of all months of a table in one version."""

    version: str
    bytes: int
    hash: str


def single_files(site: Site, released: Entry) -> dict[str, Table]:
    """The monthly gold tables that are also published as one file, by the plain name of that file."""
    if not site.plain_fact_files:
        return {}
    with_months = [table for table in site.registry.gold.values() if any(part.month for part in released.parts(table.id))]
    return {f"{table.id}.parquet": table for table in with_months}


def recorded_files(record: Mapping[str, Any]) -> dict[str, SingleFile]:
    """The files that release.json records; none if another program changed it, so that they are written again."""
    try:
        return {path: SingleFile(**known) for path, known in record.get("single_files", {}).items()}
    except (AttributeError, TypeError):
        return {}


def write_single_files(
    site: Site, released: Entry, recorded: Mapping[str, SingleFile], existing: Mapping[str, int]
) -> dict[str, SingleFile]:
    """Write the files whose table changed; returns all files of the release."""
    began, cpu_before = time.monotonic(), time.process_time()
    files: dict[str, SingleFile] = {}
    written = 0
    for path, table in single_files(site, released).items():
        known = recorded.get(path)
        if known and known.version == released.version(table.id) and existing.get(path) == known.bytes:
            files[path] = known
        else:
            files[path] = _written(site, released, table, path)
            written += 1
    if written:
        seconds, cpu_seconds = round(time.monotonic() - began, 3), round(time.process_time() - cpu_before, 3)
        logs.log_event("single files written", files=written, seconds=seconds, cpu_seconds=cpu_seconds)
    return files


def _written(site: Site, released: Entry, table: Table, path: str) -> SingleFile:
    parts = in_order(released.parts(table.id))
    for file in parts:
        if why := site.lake.damage_read(file):
            raise UserError(f"{site.lake.where(file)} {why}. `ecom-lake repair` restores it.")
    months = site.lake.locals(parts)
    columns = pl.scan_parquet(months[0], glob=False).collect_schema()  # an older release may lack columns of the current contract
    with site.workspace() as (con, scratch):
        target = scratch / f"{table.name}.parquet"
        write_sorted(con, f"select * from {parquet(months)}", [column for column in table.key if column in columns], target)
        written = SingleFile(released.version(table.id), target.stat().st_size, hash_file(target))
        site.lake.store.put(target, f"{site.shop.name}/{path}")
    return written
