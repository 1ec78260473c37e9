"""Gold on a cluster whose machines are processes: a standalone master with workers, and Spark Connect.

They start several Java processes each, which takes most of their time. The store is a folder that all of them see.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.build.gold.table_rows import gold_rows
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.sql import open_spark
from ecom_lake.engine.config import EngineSettings
from ecom_lake.errors import UserError
from ecom_lake_tests import spark
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.engine.build.sql import make_tables
from ecom_lake_tests.needs import is_missing
from ecom_lake_tests.spark_cluster import Cluster, cluster, connect_server

pytestmark = pytest.mark.skipif(
    "ECOM_LAKE_ON_DEMAND" not in os.environ,
    reason="on demand, with ECOM_LAKE_ON_DEMAND=1: it starts several processes for minutes",
)


MEMORY = "512m"
TABLES = ("customer_metrics", "rfm_migration")
"""Their queries join and sort more than they return."""


@pytest.fixture(scope="module")
def two_workers(spark_installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster"), workers=2, memory=MEMORY) as running:
        yield running


def on_spark(lake: BuiltLake, master: str, memory: str = MEMORY) -> None:
    limit = "" if master.startswith("sc:") else f'memory = "{memory}"\n'
    engine = f'[engine]\ngold = "spark"\nmaster = "{master}"\n{limit}'
    lake.config.write_text(lake.config.read_text(encoding="utf-8") + engine, encoding="utf-8")


def making(lake: BuiltLake, tables: Sequence[str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", make_tables.__name__, str(lake.config), str(lake.root), *tables]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=spark.environment())


def wait_for_a_job(lake: BuiltLake, process: subprocess.Popen[str]) -> None:
    """Returns while Spark writes a result."""
    scratch = lake.root / "olist" / "_store" / "scratch"
    while not list(scratch.glob("step-*/spark-*/_temporary")):
        assert process.poll() is None, "it ended before it wrote a result"
        time.sleep(0.01)


def values(site: Site, tables: Sequence[str] = TABLES) -> dict[str, pl.DataFrame]:
    return {table: gold_rows(site, site.lake.log.head(), table) for table in tables}


def assert_equal(found: dict[str, pl.DataFrame], expected: dict[str, pl.DataFrame]) -> None:
    assert [table for table in expected if not found[table].equals(expected[table])] == []


def test_a_killed_driver_leaves_whole_tables_and_the_next_build_makes_the_others(
    fresh_lake: BuiltLake, two_workers: Cluster
) -> None:
    by_duckdb, before = values(fresh_lake.site()), fresh_lake.site().lake.log.numbers()
    on_spark(fresh_lake, two_workers.master)
    with making(fresh_lake, TABLES) as driver:
        assert driver.stdout is not None
        assert driver.stdout.readline() == "made customer_metrics\n"
        wait_for_a_job(fresh_lake, driver)
        driver.kill()
    assert fresh_lake.site().lake.log.numbers() == [*before, before[-1] + 1]
    assert_equal(values(fresh_lake.site()), by_duckdb)
    with making(fresh_lake, TABLES) as driver:
        output, _ = driver.communicate()
    assert output.splitlines() == [f"made {table}" for table in TABLES]
    assert_equal(values(fresh_lake.site()), by_duckdb)


def test_a_table_is_made_although_a_worker_is_killed_while_it_is_computed(fresh_lake: BuiltLake, two_workers: Cluster) -> None:
    by_duckdb = values(fresh_lake.site())
    on_spark(fresh_lake, two_workers.master)
    with making(fresh_lake, TABLES) as driver:
        wait_for_a_job(fresh_lake, driver)
        two_workers.workers[0].kill()
        output, _ = driver.communicate()
    assert output.splitlines() == [f"made {table}" for table in TABLES]
    assert_equal(values(fresh_lake.site()), by_duckdb)


def test_a_cluster_without_the_memory_that_is_asked_for_is_one_sentence(
    two_workers: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_spark, "SECONDS_TO_AN_EXECUTOR", 5.0)
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    with pytest.raises(UserError) as error:
        open_spark.shared_session(EngineSettings(gold="spark", master=two_workers.master, memory="1g"))
    assert str(error.value) == (
        f"Spark at {two_workers.master} started no executor of 1g in 5 seconds: start a worker with as much free memory, "
        "or lower memory in [engine] of lake.toml."
    )


@pytest.mark.usefixtures("spark_installed")
def test_a_worker_that_does_not_see_the_lake_is_one_sentence(fresh_lake: BuiltLake, tmp_path: Path) -> None:
    hidden = f"mount -t tmpfs tmpfs {fresh_lake.root}"
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        is_missing("This user may not give a process mounts of its own: run the tests as root")
    by_duckdb = values(fresh_lake.site())
    with cluster(tmp_path / "cluster", workers=1, memory=MEMORY, in_own_mounts=hidden) as blind:
        on_spark(fresh_lake, blind.master)
        with making(fresh_lake, ["customer_metrics"]) as driver:
            output, _ = driver.communicate()
    assert output.startswith(f"A machine of Spark at {blind.master} does not see {fresh_lake.root}/olist/_store/")
    assert output.endswith(": give all of them the folder of the lake under the same path.\n")
    assert output.count("\n") == 1 and driver.returncode == 1
    assert_equal(values(fresh_lake.site()), by_duckdb)


@pytest.mark.usefixtures("spark_installed")
def test_gold_is_made_through_spark_connect(fresh_lake: BuiltLake) -> None:
    by_duckdb = values(fresh_lake.site())
    with connect_server() as address:
        on_spark(fresh_lake, address)
        with making(fresh_lake, TABLES) as driver:
            output, _ = driver.communicate()
    assert output.splitlines() == [f"made {table}" for table in TABLES]
    assert_equal(values(fresh_lake.site()), by_duckdb)
