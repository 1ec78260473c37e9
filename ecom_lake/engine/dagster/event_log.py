"""The event log of Dagster's run history: one SQLite file that each process keeps open.

Dagster's own storage opens and closes a connection for every statement. Closing the last connection of a SQLite file copies its
write-ahead log into it and syncs it to disk, several times for every event of a run (decision 0031). An event, its asset and its
check are written in one transaction.
Here: the storage that dagster.yaml names. Not here: what is reported (`events.py`).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg
import sqlalchemy as db
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._core.storage.event_log.polling_event_watcher import SqlPollingEventWatcher
from dagster._core.storage.event_log.schema import AssetKeyTable
from dagster._core.storage.event_log.sqlite.consolidated_sqlite_event_log import SQLITE_EVENT_LOG_FILENAME
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS


class _OfThread(threading.local):
    """The open connection of each thread."""

    connection: db.Connection | None = None


class EventLog(ConsolidatedSqliteEventLogStorage):
    """Dagster's storage of all runs in one file, with connections that are reused.

    A power failure may lose the last events of the history; it never damages the file, and the lake does not depend on it."""

    def _init_db(self) -> None:
        """Made in a temporary folder, then linked: an interrupted start leaves no half-made file, and of two starts one wins."""
        path = Path(self._base_dir, f"{SQLITE_EVENT_LOG_FILENAME}.db")
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._base_dir) as folder, suppress(FileExistsError):
            ConsolidatedSqliteEventLogStorage(folder)
            path.hardlink_to(Path(folder, path.name))

    @cached_property
    def _engine(self) -> db.Engine:
        engine = db.create_engine(self._conn_string, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})
        db.event.listen(engine, "connect", _without_sync_per_commit)
        return engine

    @cached_property
    def _of_thread(self) -> _OfThread:
        return _OfThread()

    @contextmanager
    def _connect(self) -> Iterator[db.Connection]:
        """The open transaction of this thread, or a new one."""
        if (connection := self._of_thread.connection) is not None:
            yield connection
            return
        with self._engine.begin() as connection:
            self._of_thread.connection = connection
            try:
                yield connection
            finally:
                self._of_thread.connection = None

    def store_event(self, event: dg.EventLogEntry) -> None:
        with self._connect():
            super().store_event(event)

    @cached_property
    def _tables(self) -> frozenset[str]:
        return frozenset(db.inspect(self._engine).get_table_names())

    def has_table(self, table_name: str) -> bool:
        return table_name in self._tables

    @cached_property
    def _asset_columns(self) -> frozenset[str]:
        return frozenset(column["name"] for column in db.inspect(self._engine).get_columns(AssetKeyTable.name))

    def _has_asset_key_col_on_connection(self, conn: db.Connection, column_name: str) -> bool:
        return column_name in self._asset_columns

    @cached_property
    def _watcher(self) -> SqlPollingEventWatcher:
        return SqlPollingEventWatcher(self)

    def watch(self, run_id: str, cursor: str | None, callback: Callable[..., Any]) -> None:
        """By polling: the write-ahead log delays changes of the file itself, which Dagster's own storage watches."""
        self._watcher.watch_run(run_id, cursor, callback)

    def end_watch(self, run_id: str, handler: Callable[..., Any]) -> None:
        self._watcher.unwatch_run(run_id, handler)

    def dispose(self) -> None:
        self._watcher.close()
        self._engine.dispose()


def _without_sync_per_commit(connection: sqlite3.Connection, _: object) -> None:
    """With a write-ahead log, SQLite then syncs at checkpoints only."""
    connection.execute("PRAGMA synchronous = normal")
