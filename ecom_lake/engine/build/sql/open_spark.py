"""Opening the SQL engine Spark: one session in a process, and what a cluster lacks as a sentence.

A session takes as long to start as several tables, so that all steps of a process share it. It is opened when the first table
is made and closed when the process ends, also after an error or Ctrl-C; where the process is killed, the Java process of the
session ends because its standard input does. Here: when a session is opened and closed. Not here: how (spark_session.py), and
what runs in it (on_spark.py).
"""

from __future__ import annotations

import atexit
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import duckdb

from ecom_lake.engine.build.sql.on_spark import OnSpark
from ecom_lake.engine.build.sql.spark_session import close_session, open_session
from ecom_lake.engine.config import EngineSettings
from ecom_lake.errors import UserError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SECONDS_TO_AN_EXECUTOR = 600.0
"""How long a standalone cluster may take to start a first executor. Spark itself waits for ever."""


@contextmanager
def spark_engine(
    settings: EngineSettings, con: duckdb.DuckDBPyConnection, scratch: Path, overrides: Mapping[str, str]
) -> Iterator[OnSpark]:
    """The SQL engine Spark. `overrides`: the queries in Spark's own SQL, each by the query that it replaces."""
    session = shared_session(settings)
    try:
        yield OnSpark(session, con, scratch, overrides)
    except UserError as error:
        if why := _of_cluster(error.__cause__, settings):
            raise UserError(why) from error.__cause__
        raise


def versions(settings: EngineSettings) -> tuple[str, str]:
    """The versions of Spark and Java that answer."""
    query = "select version(), reflect('java.lang.System', 'getProperty', 'java.version')"
    [(spark, java)] = shared_session(settings).sql(query).collect()
    return str(spark).split()[0], str(java)


# -------------------------------------------------------------------------------------------------------------- sessions


@dataclass(frozen=True)
class _Opened:
    process: int
    settings: EngineSettings
    session: SparkSession


_lock = Lock()
_opened: list[_Opened] = []
"""The session of this process; Spark allows no second one with other settings."""


def shared_session(settings: EngineSettings) -> SparkSession:
    """The session of this process, opened if there is none. A forked process gets that of its parent: use spawn."""
    with _lock:
        for opened in _opened:
            if (opened.process, opened.settings) == (os.getpid(), settings):
                return opened.session
        _close()
        session = open_session(settings.master, settings.memory)
        _opened.append(_Opened(os.getpid(), settings, session))
        _refuse_without_executor(settings, session)
        return session


@atexit.register
def close_shared_session() -> None:
    """Close the session of this process; the next table opens another one."""
    with _lock:
        _close()


def _close() -> None:
    while _opened:
        opened = _opened.pop()
        if opened.process == os.getpid():
            close_session(opened.session)


def _refuse_without_executor(settings: EngineSettings, session: SparkSession) -> None:
    """A standalone cluster without a worker that has enough memory accepts a session, and never runs anything in it."""
    if not settings.master.startswith("spark://"):
        return
    until = time.monotonic() + SECONDS_TO_AN_EXECUTOR
    context = session.sparkContext._jsc.sc()
    while context.getExecutorMemoryStatus().size() < 2:  # the driver counts, too
        if time.monotonic() > until:
            _close()
            raise UserError(
                f"Spark at {settings.master} started no executor of {settings.memory or '1g'} in {SECONDS_TO_AN_EXECUTOR:.0f} "
                "seconds: start a worker with as much free memory, or lower memory in [engine] of lake.toml."
            )
        time.sleep(0.1)


# ------------------------------------------------------------------------------------------------- errors of a cluster

_NOT_SEEN = re.compile(r"FILE_NOT_EXIST|FileNotFoundException|PATH_NOT_FOUND")
_PATH = re.compile(r"file:/*(/[^\s'\"]+)")
_NO_MEMORY = re.compile(r"OutOfMemoryError|UNABLE_TO_ACQUIRE_MEMORY|Java heap space|GC overhead limit")


def _of_cluster(cause: BaseException | None, settings: EngineSettings) -> str | None:
    """A sentence on an error whose cause is the cluster; None for an error of a query."""
    text = str(cause or "")
    where = f"Spark at {settings.master}"
    if _NOT_SEEN.search(text):
        path = _PATH.search(text)
        file = path[1].rstrip(".,") if path else "the files of the lake"
        return f"A machine of {where} does not see {file}: give all of them the folder of the lake under the same path."
    if _NO_MEMORY.search(text):
        return f"{where} ran out of memory ({settings.memory or 'the default of Spark'}): raise memory in [engine] of lake.toml."
    return None
