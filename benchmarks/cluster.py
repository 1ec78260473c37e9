"""Large tables on a Spark cluster whose executors have little memory, compared with DuckDB under a limit at which it fails.

The tables of a built lake of real Olist are multiplied, with new ids of orders, customers and reviews in each copy; the five
queries that join and sort most run over them: on DuckDB under a limit and without spilled files, on DuckDB without limits for the
values, and on a standalone cluster of two workers on this machine (tools/spark.sh installs it). The rows are compared by a sum
of their hashes.

    PYTHONPATH=tools/spark/site-packages:. python benchmarks/cluster.py PROJECT SHOP FOLDER --memory 2g --duckdb-memory 1GB
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from ecom_lake.engine.build.gold.table_file import attach, conformed, stored_files
from ecom_lake.engine.build.shop_context import Site, open_site
from ecom_lake.engine.build.sql.on_duckdb import OnDuckDB
from ecom_lake.engine.build.sql.open_spark import spark_engine
from ecom_lake.engine.build.sql.sql_engine import Files, SqlEngine
from ecom_lake.engine.config import EngineSettings
from ecom_lake.engine.contracts.recipe import RESERVED
from ecom_lake.engine.duckdb_engine import engine as duckdb_engine
from ecom_lake.engine.duckdb_engine import literal, name, parquet
from ecom_lake.settings import load
from ecom_lake_tests.spark_cluster import cluster

TABLES = ("kpi_breakdown", "rfm_migration", "customer_metrics", "fct_orders", "fct_sales")
IDS = ("order_id", "customer_id", "review_id", "refund_id", "return_id")


def multiplied(site: Site, times: int, folder: Path) -> Mapping[str, Files]:
    """The inputs of the tables as files; those with ids of orders or customers are `times` as long, others are as they were."""
    head = site.lake.log.head()
    reads = {read for table in TABLES for read in site.registry.recipe(table).reads if read not in RESERVED}
    found: dict[str, Files] = {}
    for read in sorted(reads):
        files = stored_files(site, head, read)
        ids = [column for column in IDS if column in files.table.columns]
        found[read] = _multiplied(files, ids, times, folder / read) if ids and files.paths else files
    return found


def _multiplied(files: Files, ids: list[str], times: int, folder: Path) -> Files:
    written = [folder / path.name for path in files.paths]
    if not folder.exists():
        folder.mkdir(parents=True)
        changed = ", ".join(f"case when copy = 0 then {one} else {one} || '-' || copy end as {one}" for one in ids)
        with duckdb.connect(config={"threads": 2, "memory_limit": "3GB", "preserve_insertion_order": False}) as con:
            for source, target in zip(files.paths, written, strict=True):
                rows = f"from {parquet([source])} cross join (select unnest(range({times})) as copy)"
                query = f"select * exclude (copy) replace ({changed}) {rows}"
                con.execute(f"copy ({query}) to {literal(str(target))} (format parquet, compression snappy)")
    return Files(written, files.table)


def made(site: Site, engine: SqlEngine, inputs: Mapping[str, Files], table: str) -> dict[str, object]:
    """Seconds, rows and a sum of hashes of the rows of a table."""
    how = site.registry.recipe(table)
    attach(site, site.lake.log.head(), engine, [read for read in how.reads if read in RESERVED])
    for read in how.reads:
        if read not in RESERVED:
            engine.attach(read, inputs[read])
    began = time.perf_counter()
    rows = conformed(engine.con, engine.compute(str(how.sql)), how.contracts[0])
    columns = ", ".join(map(name, how.contracts[0].columns))
    [(count, digest)] = engine.con.sql(f"select count(*), sum(hash({columns})::hugeint) from ({rows})").fetchall()
    return {"table": table, "seconds": round(time.perf_counter() - began, 1), "rows": count, "digest": str(digest)}


def on_duckdb(site: Site, inputs: Mapping[str, Files], table: str, memory: str, spills: bool) -> dict[str, object]:
    with TemporaryDirectory() as scratch, duckdb_engine(Path(scratch) if spills else None, memory, 2) as con:
        try:
            return made(site, OnDuckDB(con), inputs, table)
        except duckdb.OutOfMemoryException:
            return {"table": table, "fails": "out of memory"}


def on_cluster(site: Site, inputs: Mapping[str, Files], folder: Path, memory: str) -> Iterator[dict[str, object]]:
    with ExitStack() as stack:
        running = stack.enter_context(cluster(folder / "cluster", workers=2, memory=memory))
        settings = EngineSettings(gold="spark", master=running.master, memory=memory)
        for table in TABLES:
            with (
                TemporaryDirectory(dir=folder) as scratch,
                duckdb_engine(Path(scratch) / "spill", "2GB", 2) as con,
                spark_engine(settings, con, Path(scratch), {}) as engine,
            ):
                yield made(site, engine, inputs, table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("shop")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--memory", default="2g", help="of each executor")
    parser.add_argument("--duckdb-memory", default="1GB", help="the limit at which DuckDB is tried")
    parser.add_argument("--only", choices=["duckdb", "limited", "cluster"], action="append")
    asked = parser.parse_args()
    site = open_site(load(project=str(asked.project)), asked.shop)
    folder = asked.folder.absolute()
    inputs = multiplied(site, asked.times, folder / f"times-{asked.times}")
    chosen = asked.only or ["limited", "duckdb", "cluster"]

    def show(what: str, found: Mapping[str, object]) -> None:
        print(json.dumps({"on": what, **found, "load": round(os.getloadavg()[0], 1)}), flush=True)

    for table in TABLES if "limited" in chosen else ():
        show(f"duckdb, {asked.duckdb_memory}, no spill", on_duckdb(site, inputs, table, asked.duckdb_memory, spills=False))
    for table in TABLES if "duckdb" in chosen else ():
        show("duckdb, 6GB, spills", on_duckdb(site, inputs, table, "6GB", spills=True))
    if "cluster" in chosen:
        for found in on_cluster(site, inputs, folder, asked.memory):
            show(f"spark, 2 executors of {asked.memory}", found)


if __name__ == "__main__":
    main()
