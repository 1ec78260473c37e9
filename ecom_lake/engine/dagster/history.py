"""Erasing a shop from Dagster's history: its runs with their events and logs, and what is kept of its assets and checks.

Materializations hold previews, checks hold evidence, failures hold sentences. None of them has a personal column (decision 0016),
but histories from before that decision do, and so does a column that was declared wrongly; it is unknown which. The next run
reports every table again.
Here: the deletion through Dagster's own methods, and freeing the pages of SQLite files. Not here: events (events.py).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from ecom_lake.engine.dagster.alerts import NOTIFY, REPORT
from ecom_lake.engine.dagster.jobs import is_build_of, job_name
from ecom_lake.engine.dagster.run import open_instance
from ecom_lake.engine.forget.outside import DAGSTER_FOLDERS
from ecom_lake.errors import UserError
from ecom_lake.words import counted

_PATIENCE = 20
"""Seconds to wait for other processes that use a SQLite file."""


@dataclass(frozen=True)
class ErasedHistory:
    runs: int
    assets: int
    shared: int
    """How many of the runs made assets of other shops too."""


def erase_history(home: Path, shop: str) -> ErasedHistory:
    """Delete everything that the history of runs in DAGSTER_HOME holds of a shop. It may be interrupted and run again."""
    with open_instance(home) as instance:
        runs = [run for run in instance.get_runs() if _is_of(run, shop)]
        if running := [run for run in runs if not run.is_finished]:
            raise UserError(
                f"{counted(len(running), 'run')} of shop '{shop}' in Dagster has not ended: wait for it, or terminate or "
                "delete it in the UI, then run this again."
            )
        assets = [key for key in instance.all_asset_keys() if key.path[0] == shop]
        instance.wipe_assets(assets)
        for run in runs:
            instance.compute_log_manager.delete_logs(prefix=[run.run_id])
            instance.delete_run(run.run_id)
    for path in _databases(home):
        _free_pages(path)
    shared = sum(any(key.path[0] != shop for key in run.asset_selection or ()) for run in runs)
    return ErasedHistory(len(runs), len(assets), shared)


def _is_of(run: dg.DagsterRun, shop: str) -> bool:
    """A build, or a run of the jobs that send what the shop reports."""
    return is_build_of(run, shop) or run.job_name in {job_name(shop, name) for name in (NOTIFY, REPORT)}


def _databases(home: Path) -> list[Path]:
    return [path for name in DAGSTER_FOLDERS for path in sorted((home / name).rglob("*.db")) if path.is_file()]


def _free_pages(path: Path) -> None:
    """Deleted rows stay on free pages and in the write-ahead log until both are written again."""
    try:
        with closing(sqlite3.connect(path, timeout=_PATIENCE)) as con:
            con.execute("vacuum")
            is_busy, *_ = con.execute("pragma wal_checkpoint(truncate)").fetchone()
        if is_busy:
            raise sqlite3.OperationalError("another process reads it")
    except sqlite3.Error as error:
        raise UserError(f"{path} still holds deleted rows ({error}): stop `dagster dev`, then run this again.") from None
