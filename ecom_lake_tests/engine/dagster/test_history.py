"""The run history in the storages that dagster.yaml and docs/operations.md name: SQLite, and PostgreSQL."""

from __future__ import annotations

import re
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as db
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage

from ecom_lake.engine.dagster.event_log import EventLog
from ecom_lake.engine.dagster.run import run_job
from ecom_lake_tests.builders.built_lake import ONE_MORE_ORDER, BuiltLake
from ecom_lake_tests.project import PROJECT

EVENT_LOG = "event_log.db"


@pytest.fixture
def connections() -> Iterator[list[str]]:
    """The files of all SQLite connections that are opened."""
    opened: list[str] = []

    def on_connect(connection: sqlite3.Connection, _: object) -> None:
        opened.append(Path(connection.execute("pragma database_list").fetchone()[2]).name)

    db.event.listen(db.Engine, "connect", on_connect)
    yield opened
    db.event.remove(db.Engine, "connect", on_connect)


def history(folder: Path) -> dg.DagsterInstance:
    return dg.DagsterInstance.from_config(str(folder))


def check_two_nights(lake: BuiltLake) -> None:
    """Two runs whose history is stored where the lake's dagster.yaml states: runs, months and checks are in it."""
    first = run_job(lake.settings, "olist")
    (lake.landing / "more_orders.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    night = run_job(lake.settings, "olist")
    assert first.succeeded and night.succeeded
    with history(lake.folder) as instance:
        assert {run.run_id: run.status for run in instance.get_runs()} == dict.fromkeys(
            (first.run_id, night.run_id), dg.DagsterRunStatus.SUCCESS
        )
        orders = dg.AssetKey(["olist", "silver", "orders"])
        assert len(instance.get_materialized_partitions(orders)) == 4
        records = instance.fetch_materializations(dg.AssetRecordsFilter(orders), limit=100).records
        reported = {r.partition_key for r in records if r.run_id == night.run_id and r.partition_key}
        assert reported == {"2017-02"}
        for key, name, status in (
            (orders, "every_row_accounted", "SUCCEEDED"),
            (dg.AssetKey(["olist", "silver", "order_index"]), "orders_accepted", "FAILED"),
        ):
            evaluations = instance.event_log_storage.get_asset_check_execution_history(dg.AssetCheckKey(key, name), limit=9)
            assert [record.status.value for record in evaluations] == [status] * 2


def test_sqlite_holds_runs_months_and_checks_over_few_connections(
    fresh_lake: BuiltLake, connections: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(PROJECT / "dagster.yaml", fresh_lake.folder)
    monkeypatch.chdir(fresh_lake.folder)
    check_two_nights(fresh_lake)
    assert connections.count(EVENT_LOG) < 30, "the connections do not grow with the events"
    assert len(connections) < 120


def test_postgres_holds_runs_months_and_checks(fresh_lake: BuiltLake, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the lines of docs/operations.md in place of the three SQLite storages."""
    page = (PROJECT / "docs/operations.md").read_text(encoding="utf-8")
    documented = re.search(r"```yaml\n(storage:\n.*?)```", page, re.S)
    assert documented
    ours = (PROJECT / "dagster.yaml").read_text(encoding="utf-8")
    lines = re.sub(r"run_storage:\n.*?(?=local_artifact_storage:)", lambda _: documented[1], ours, flags=re.S)
    (fresh_lake.folder / "dagster.yaml").write_text(lines, encoding="utf-8")
    monkeypatch.chdir(fresh_lake.folder)
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", database)
    check_two_nights(fresh_lake)
    assert not list(fresh_lake.folder.rglob("*.db"))


def test_the_event_log_is_not_synced_at_each_commit(tmp_path: Path) -> None:
    log = EventLog(str(tmp_path))
    with log.run_connection(None) as connection:
        assert connection.execute(db.text("pragma journal_mode")).scalar() == "wal"
        assert connection.execute(db.text("pragma synchronous")).scalar() == 1, "1 is normal"
    log.dispose()


def test_an_interrupted_first_start_leaves_no_event_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ConsolidatedSqliteEventLogStorage, "reindex_events", interrupted)
    with pytest.raises(KeyboardInterrupt):
        EventLog(str(tmp_path))
    assert not (tmp_path / EVENT_LOG).exists()
    monkeypatch.undo()
    log = EventLog(str(tmp_path))
    assert log.has_table("event_logs")
    log.dispose()


def test_of_two_first_starts_at_once_the_second_keeps_the_event_log_of_the_first(tmp_path: Path) -> None:
    log = EventLog(str(tmp_path))
    with log.run_connection(None) as connection:
        connection.execute(db.text("insert into asset_keys (asset_key) values ('kept')"))
    log.dispose()
    log._init_db()  # the second start found no log, because the first had not made it yet
    with sqlite3.connect(tmp_path / EVENT_LOG) as reader:
        assert reader.execute("select asset_key from asset_keys").fetchall() == [("kept",)]
    reader.close()
    assert [path.name for path in tmp_path.iterdir()] == [EVENT_LOG], "no draft is left"


def test_a_watcher_of_a_run_gets_its_events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the UI shows a run while it is running."""
    shutil.copy(PROJECT / "dagster.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    seen = threading.Event()
    with history(tmp_path) as instance:
        run = instance.create_run_for_job(dg.GraphDefinition("nothing", node_defs=[]).to_job())
        instance.watch_event_logs(run.run_id, None, lambda entry, cursor: seen.set())
        instance.report_engine_event("an event", run)
        assert seen.wait(60)


def test_an_event_and_its_asset_are_stored_together_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(PROJECT / "dagster.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    key = dg.AssetKey(["shop", "gold", "rfm"])
    with history(tmp_path) as instance, monkeypatch.context() as during:
        during.setattr(EventLog, "_store_asset_event", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            instance.report_runless_asset_event(dg.AssetMaterialization(key))
        assert instance.fetch_materializations(key, limit=9).records == []
    with history(tmp_path) as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization(key))
        assert len(instance.fetch_materializations(key, limit=9).records) == 1
        assert instance.all_asset_keys() == [key]


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt
