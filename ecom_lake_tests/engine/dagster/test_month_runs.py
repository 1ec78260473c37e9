"""A backfill of months as several runs: Dagster's own daemon starts them, each in a process of its own, at the same time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.execution.backfill import PartitionBackfill

from ecom_lake.definitions import build_definitions
from ecom_lake.engine.build.build import build
from ecom_lake.engine.dagster.run import run_job
from ecom_lake.synth.truths import Truths
from ecom_lake_tests.builders.built_lake import CONFIG, BuiltLake
from ecom_lake_tests.engine.build.test_months_at_once import up_to_silver
from ecom_lake_tests.project import PROJECT

pytestmark = pytest.mark.skipif(
    "ECOM_LAKE_ON_DEMAND" not in os.environ,
    reason="on demand, with ECOM_LAKE_ON_DEMAND=1: it starts several processes for minutes",
)


MONTHLY = ("orders", "order_items", "payments", "reviews")
START, END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
DEADLINE = 900
"""Seconds, for a machine with much other work."""


@pytest.fixture
def landed(delivery: tuple[Path, Truths], tmp_path: Path) -> BuiltLake:
    """A lake with the project's dagster.yaml, of which bronze and the order index are built."""
    files, truths = delivery
    lake = BuiltLake(tmp_path / "lake", truths)
    shutil.copytree(files, lake.landing)
    lake.config.write_text(CONFIG.replace("[shops.olist]", "[shops.olist]\nmonths_per_run = 2", 1), encoding="utf-8")
    shutil.copy(PROJECT / "dagster.yaml", lake.folder)
    return lake


@contextmanager
def daemon(lake: BuiltLake) -> Iterator[None]:
    """Dagster's daemon, which starts queued runs and backfills in processes of their own."""
    environment = os.environ | {
        "DAGSTER_HOME": str(lake.folder),
        "ECOM_LAKE_ROOT": str(lake.root),
        "ECOM_LAKE_CONFIG": str(lake.config),
        "PYTHONPATH": str(PROJECT),
        "DAGSTER_GRPC_TIMEOUT_SECONDS": "600",  # to start a run takes more than the default 60 s on a busy machine
    }
    command = [sys.executable, "-m", "dagster._daemon", "run", "-w", str(PROJECT / "workspace.yaml")]
    with (lake.folder / "daemon.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=lake.folder, env=environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        server.terminate()
        server.wait(60)


def backfill(lake: BuiltLake, instance: dg.DagsterInstance) -> str:
    """Asks for all months of the monthly tables, as the UI does."""
    repository = build_definitions(lake.settings).get_repository_def()
    asked = PartitionBackfill.from_asset_partitions(
        backfill_id="months",
        asset_graph=repository.asset_graph,
        partition_names=None,
        asset_selection=[dg.AssetKey(["olist", "silver", table]) for table in MONTHLY],
        backfill_timestamp=time.time(),
        tags={},
        dynamic_partitions_store=instance,
        all_partitions=True,
        title=None,
        description=None,
        run_config=None,
    )
    instance.add_backfill(asked)
    return asked.backfill_id


def ended(instance: dg.DagsterInstance, backfill_id: str, runs: int) -> list[dg.RunRecord]:
    """The runs of a backfill, when as many have ended, or it has: the daemon looks at a backfill every 30 seconds only."""
    waiting, until = threading.Event(), time.monotonic() + DEADLINE
    while time.monotonic() < until:
        found, backfill = (
            instance.get_run_records(dg.RunsFilter(tags={"dagster/backfill": backfill_id})),
            instance.get_backfill(backfill_id),
        )
        is_over = backfill is None or not backfill.status.value.startswith(("REQUESTED", "CANCEL", "FAILING"))
        if is_over or sum(run.dagster_run.is_finished for run in found) == runs:
            return list(found)
        waiting.wait(0.5)
    raise AssertionError(f"The runs did not end in {DEADLINE} seconds.")


def launched_at(instance: dg.DagsterInstance, run: dg.RunRecord) -> float:
    """When the daemon started a run: its pool had room. The processes of two runs may then start one after the other."""
    found = instance.get_records_for_run(run.dagster_run.run_id, of_type=dg.DagsterEventType.PIPELINE_STARTING)
    [record] = found.records
    return record.timestamp


def test_a_backfill_runs_ranges_of_months_at_the_same_time_and_the_lake_is_that_of_one_run(
    landed: BuiltLake, built_lake: BuiltLake
) -> None:
    assert run_job(landed.settings, "olist", only="bronze").succeeded
    here = Path.cwd()
    os.chdir(landed.folder)  # dagster.yaml names its folders relative to it
    try:
        with dg.DagsterInstance.from_config(str(landed.folder)) as instance:
            instance.event_log_storage.set_concurrency_slots("olist_months", 2)
            asked = backfill(landed, instance)
            with daemon(landed):
                runs = ended(instance, asked, runs=2)
            launched = [launched_at(instance, run) for run in runs]
    finally:
        os.chdir(here)
    log = (landed.folder / "daemon.log").read_text(encoding="utf-8")[-2000:]
    assert [run.dagster_run.status for run in runs] == [dg.DagsterRunStatus.SUCCESS] * 2, log
    ranges = sorted((run.dagster_run.tags[START], run.dagster_run.tags[END]) for run in runs)
    assert ranges == [("2017-01", "2017-02"), ("2017-03", "2017-04")]
    assert max(launched) < min(run.end_time for run in runs if run.end_time), "one run waited for the other"
    build(landed.site(), only="silver")
    assert up_to_silver(landed) == up_to_silver(built_lake)
