"""DuckDB connections with a memory limit and a folder for spilled data, and helpers that quote SQL."""

from __future__ import annotations

import glob
import itertools
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from signal import SIGINT, SIGTERM, Signals, getsignal, signal
from threading import Lock, current_thread, main_thread
from types import FrameType

import duckdb

Key = tuple[int, Path, str, int]


@contextmanager
def engine(
    scratch: Path | None, memory_limit: str = "1GB", threads: int = 2, by_signals: bool = True
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A new engine, closed on exit. `scratch`: None for an engine that writes no temporary files. `by_signals`: signals interrupt
    its queries; the thread that opened it must then close it."""
    with closing(_started(scratch and scratch / "spill", memory_limit, threads)) as con, ExitStack() as more:
        if by_signals:
            more.enter_context(interrupted_by_signals(con))
        yield con


@contextmanager
def workspace(spill: Path, memory_limit: str, threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database in a reused engine, removed on exit. Starting an engine takes as long as building a small table."""
    own = f"workspace_{next(_numbers)}"
    with closing(_reused((os.getpid(), spill, memory_limit, threads))) as engine_cursor:
        engine_cursor.execute(f"attach ':memory:' as {own}")
        try:
            with closing(engine_cursor.cursor()) as con, interrupted_by_signals(con):
                con.execute(f"use {own}")
                yield con
        finally:
            engine_cursor.execute(f"detach {own}")


@contextmanager
def interrupted_by_signals(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Interrupt the running query of a connection before the handler of a signal runs.

    A handler that raises is not enough: DuckDB then waits for its threads, which may take minutes, before the call ends.
    `errors.was_interrupted` recognizes the error that DuckDB raises instead of the handler's exception."""
    if current_thread() is not main_thread():
        yield  # only the main thread runs handlers
        return
    handlers = {number: handler for number in (SIGINT, SIGTERM) if callable(handler := getsignal(number))}

    def interrupt(number: int, frame: FrameType | None) -> None:
        con.interrupt()
        handlers[Signals(number)](number, frame)

    for number in handlers:
        signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal(number, handler)


_numbers = itertools.count()
_lock = Lock()
_last: dict[Key, duckdb.DuckDBPyConnection] = {}


def _reused(key: Key) -> duckdb.DuckDBPyConnection:
    """A cursor of the reused engine. The last engine is kept; another closes with its last cursor. A fork starts its own."""
    with _lock:
        if key not in _last:
            _last.clear()
            _last[key] = _started(*key[1:])
        return _last[key].cursor()


def _started(spill: Path | None, memory_limit: str, threads: int) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(
        config={
            "memory_limit": memory_limit,
            "threads": threads,
            "temp_directory": str(spill or ""),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    con.execute("set enable_progress_bar = false")
    con.execute("set global parquet_metadata_cache = true")  # the files of all months are opened in each query, and never change
    return con


def parquet(paths: Iterable[Path | str], path_as: str = "") -> str:
    """A table function call that reads exactly these files, even in folders such as `shop*`; `path_as` names a column with the
    path of each row's file."""
    named = f", filename = {literal(path_as)}" if path_as else ""
    return f"read_parquet([{', '.join(literal(glob.escape(str(path))) for path in paths)}], hive_partitioning = false{named})"


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
