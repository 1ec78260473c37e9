"""Erasing a shop from Dagster's history, proved by reading every byte of its files."""

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest

from ecom_lake.engine.dagster import history
from ecom_lake.engine.dagster.history import erase_history
from ecom_lake.engine.dagster.run import open_instance
from ecom_lake.engine.forget.proof import prove
from ecom_lake.engine.forget.proof_findings import Hit
from ecom_lake.errors import UserError
from ecom_lake_tests.engine.forget import canaries
from ecom_lake_tests.project import PROJECT

CANARY, CHECKED, LOGGED, FAILED = "canary-4f1a9c", "canary-77e0b2", "canary-9d3c51", "canary-c08e66"
EVERY = (CANARY, CHECKED, LOGGED, FAILED)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copy(PROJECT / "dagster.yaml", tmp_path)
    return tmp_path


def _run(home: Path, shop: str) -> None:
    """A run of one table with a preview, a check with evidence, a log line and a failure, each with an id."""

    @dg.asset(key=[shop, "gold", "rfm"], check_specs=[dg.AssetCheckSpec("c", asset=[shop, "gold", "rfm"])])
    def rfm(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster reads the annotation
        context.log.info(f"saw {LOGGED}")
        check = dg.AssetCheckResult(passed=False, check_name="c", metadata={"evidence": f"|{CHECKED}|" * 99})
        return dg.MaterializeResult(metadata={"preview": dg.MetadataValue.md(f"| {CANARY} |\n" * 999)}, check_results=[check])

    @dg.asset(key=[shop, "gold", "broken"])
    def broken() -> None:
        raise dg.Failure(description=f"row of {FAILED}", allow_retries=False)

    with open_instance(home) as instance:
        dg.materialize([rfm, broken], instance=instance, raise_on_error=False, tags={"shop": shop})


def _hits(home: Path, tokens: Sequence[str]) -> Sequence[Hit]:
    proof = prove([home], tokens)
    assert not proof.unread
    return proof.hits


def test_nothing_of_a_shop_is_left(home: Path) -> None:
    _run(home, "olist")
    for token in EVERY:
        assert _hits(home, [token]), token
    erased = erase_history(home, "olist")
    assert (erased.runs, erased.assets) == (1, 2)
    assert not _hits(home, EVERY)
    assert erase_history(home, "olist").runs == 0  # it may run again


@pytest.mark.parametrize("name", ["notify", "report"])
def test_runs_that_send_alerts_and_reports_are_of_their_shop(home: Path, name: str) -> None:
    """They have no tag of the shop and no asset; a channel that failed states why."""

    @dg.op
    def step() -> None:
        raise dg.Failure(description=f"row of {FAILED}", allow_retries=False)

    @dg.job(name=f"olist_{name}")
    def job() -> None:
        step()

    with open_instance(home) as instance:
        job.execute_in_process(instance=instance, raise_on_error=False)
    assert erase_history(home, "list").runs == 0
    assert _hits(home, EVERY)
    assert erase_history(home, "olist").runs == 1
    assert not _hits(home, EVERY)


def test_the_history_of_another_shop_stays(home: Path) -> None:
    _run(home, "olist")
    assert erase_history(home, "other").runs == 0
    assert len({hit.place for hit in _hits(home, EVERY)}) > 1


@pytest.mark.parametrize("step", ["wipe_assets", "delete_run"])
def test_without_one_step_something_is_left(home: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _run(home, "olist")
    monkeypatch.setattr(dg.DagsterInstance, step, lambda *_: None)
    erase_history(home, "olist")
    assert _hits(home, EVERY)


def test_deleted_rows_leave_the_file(tmp_path: Path) -> None:
    """Dagster deletes rows; many builds of SQLite leave their bytes on free pages."""
    canaries.sqlite_deleted(tmp_path, CANARY)
    assert _hits(tmp_path, [CANARY])
    history._free_pages(tmp_path / "history.db")
    assert not _hits(tmp_path, [CANARY])


def test_a_run_that_has_not_ended_is_not_deleted(home: Path) -> None:
    with open_instance(home) as instance:
        instance.create_run_for_job(dg.JobDefinition(name="j", graph_def=dg.GraphDefinition("g")), tags={"shop": "olist"})
        [run] = instance.get_runs()
        instance.report_engine_event("starting", run)
        instance.handle_new_event(_started(run.run_id))
    with pytest.raises(UserError, match="1 run of shop 'olist' in Dagster has not ended"):
        erase_history(home, "olist")


def test_a_run_that_has_not_begun_is_not_deleted(home: Path) -> None:
    with open_instance(home) as instance:
        instance.create_run_for_job(dg.JobDefinition(name="j", graph_def=dg.GraphDefinition("g")), tags={"shop": "olist"})
    with pytest.raises(UserError, match="1 run of shop 'olist' in Dagster has not ended"):
        erase_history(home, "olist")


def test_a_refused_checkpoint_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_PATIENCE", 0)
    path = tmp_path / "history.db"
    with closing(sqlite3.connect(path)) as writer, closing(sqlite3.connect(path)) as reader:
        writer.execute("pragma journal_mode = wal")
        writer.execute("create table t (a)")
        reader.execute("begin")
        reader.execute("select * from t").fetchall()
        with pytest.raises(UserError, match="still holds deleted rows"):
            history._free_pages(path)


def _started(run: str) -> dg.EventLogEntry:
    event = dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, "j")
    return dg.EventLogEntry(None, "debug", "started", run, 0.0, job_name="j", dagster_event=event)  # type: ignore[no-untyped-call]
