"""Runs whose process was killed: what dagster.yaml lets the daemon do with them, and that their files are built all the same."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster._daemon.monitoring import run_monitoring
from dagster._daemon.monitoring.run_monitoring import execute_run_monitoring_iteration
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import QueuedRunCoordinatorDaemon
from dagster._time import get_current_timestamp

from ecom_lake.engine.dagster import jobs
from ecom_lake.engine.dagster.jobs import job_name, landing_sensor
from ecom_lake_tests.builders.alert_shop import AlertShop
from ecom_lake_tests.builders.queued_run import queued_run
from ecom_lake_tests.project import PROJECT

KILLED = """
import os, sys
import dagster as dg

@dg.op(pool="olist")
def step():
    os._exit(9)

@dg.job(name="olist_all")
def job():
    step()

with dg.DagsterInstance.from_config(sys.argv[1]) as instance:
    job.execute_in_process(instance=instance)
"""


@dg.op(pool="olist")
def waits() -> None:
    """A step of the same shop."""


@dg.job(name="olist_gold")
def next_job() -> None:
    waits()


@dg.op
def sends() -> None:
    """A step without a pool."""


@dg.job(name="olist_notify")
def notify() -> None:
    sends()


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """The history in the storages of dagster.yaml, with a run of shop olist whose process was killed."""
    shutil.copy(PROJECT / "dagster.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)  # dagster.yaml keeps its history in the working folder
    assert subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, capture_output=True).returncode == 9
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        instance.event_log_storage.initialize_concurrency_limit_to_default(
            "olist"
        )  # as the daemon does with the first queued run
        yield instance


def look(instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, after: timedelta) -> None:
    """One iteration of the daemon's run monitoring, so long from now."""
    later = get_current_timestamp() + after.total_seconds()
    with WorkspaceProcessContext(instance, EmptyWorkspaceTarget()) as workspace, monkeypatch.context() as patch:
        patch.setattr(run_monitoring, "get_current_timestamp", lambda: later)
        patch.setattr(time, "time", lambda: later)
        assert not [error for error in execute_run_monitoring_iteration(workspace, logging.getLogger()) if error]


def status(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.DagsterRunStatus:
    [found] = instance.get_runs(dg.RunsFilter(run_ids=[run.run_id]))
    return found.status


def startable(instance: dg.DagsterInstance) -> set[str]:
    """The jobs of the queued runs that the daemon would start now."""
    with QueuedRunCoordinatorDaemon(interval_seconds=5) as daemon:
        runs = daemon._get_runs_to_dequeue(instance, instance.get_concurrency_config(), fixed_iteration_time=None)
    return {run.job_name for run in runs}


def queue(instance: dg.DagsterInstance, *jobs: dg.JobDefinition) -> None:
    for job in jobs:
        queued_run(instance, job)


def test_a_killed_run_fails_after_the_longest_time_and_its_shop_is_free(
    history: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert history.run_monitoring_enabled
    [killed] = history.get_runs()
    queue(history, next_job, notify)
    look(history, monkeypatch, timedelta(hours=19))
    assert status(history, killed) == dg.DagsterRunStatus.STARTED and startable(history) == {"olist_notify"}
    look(history, monkeypatch, timedelta(hours=20, minutes=1))
    assert status(history, killed) == dg.DagsterRunStatus.FAILURE
    assert startable(history) == {"olist_gold", "olist_notify"}


def test_a_killed_run_that_was_terminated_is_canceled_after_minutes(
    history: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    [killed] = history.get_runs()
    history.report_run_canceling(killed)
    look(history, monkeypatch, timedelta(minutes=9))
    assert status(history, killed) == dg.DagsterRunStatus.CANCELING
    look(history, monkeypatch, timedelta(minutes=11))
    assert status(history, killed) == dg.DagsterRunStatus.CANCELED


def test_alerts_are_sent_although_two_builds_hold_their_shops(history: dg.DagsterInstance) -> None:
    history.create_run_for_job(next_job, status=dg.DagsterRunStatus.STARTED)
    queue(history, notify)
    assert startable(history) == {"olist_notify"}


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELED])
def test_the_files_of_a_killed_run_are_requested_again_under_a_new_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: dg.DagsterRunStatus
) -> None:
    """Dagster drops a request whose key a run has already, however old."""
    shop = AlertShop(tmp_path / "project")
    shop.configure()
    landing = Path(shop.site.lake.landing.url)
    landing.mkdir(parents=True, exist_ok=True)
    (landing / "orders.csv").write_text("order_id\n1\n", encoding="utf-8")
    sensor = landing_sensor(shop.settings, "mine")
    cursor: str | None = None

    with dg.DagsterInstance.ephemeral() as instance:

        def look() -> dg.RunRequest | dg.SkipReason:
            nonlocal cursor
            context = dg.build_sensor_context(instance=instance, cursor=cursor)
            found, cursor = sensor(context), context.cursor
            assert isinstance(found, dg.RunRequest | dg.SkipReason)
            return found

        def request() -> str:
            found = look()
            assert isinstance(found, dg.RunRequest) and found.run_key
            instance.add_run(
                dg.DagsterRun(job_name=job_name("mine", "all"), tags={"dagster/run_key": found.run_key}, status=status)
            )
            return found.run_key

        assert "stopped changing" in str(look())
        keys = [request()]

        class LaterClock(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:
                return super().now(tz) + timedelta(hours=25)

        monkeypatch.setattr(jobs, "datetime", LaterClock)
        keys += [request()]
        assert len(set(keys)) == 2
