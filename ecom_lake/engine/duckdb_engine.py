"""DuckDB, set up so that it keeps to its memory, spills where it may, and gives the same bytes on any number of threads."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from signal import SIGINT, SIGTERM, Signals, getsignal, signal
from threading import Lock, current_thread, main_thread
from types import FrameType

import duckdb

Key = tuple[int, Path, str, int]


@contextmanager
def engine(scratch: Path, memory_limit: str = "1GB", threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine that is gone afterwards."""
    with closing(_started(scratch / "spill", memory_limit, threads)) as con, _interrupted_by_signals(con):
        yield con


@contextmanager
def workspace(spill: Path, memory_limit: str, threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database that is gone afterwards, in an engine that is kept: to start one takes as long as many a table."""
    own = f"workspace_{next(_numbers)}"
    with closing(_kept((os.getpid(), spill, memory_limit, threads))) as kept:
        kept.execute(f"attach ':memory:' as {own}")
        try:
            with closing(kept.cursor()) as con, _interrupted_by_signals(con):
                con.execute(f"use {own}")
                yield con
        finally:
            kept.execute(f"detach {own}")


@contextmanager
def _interrupted_by_signals(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Interrupt what a connection runs before a signal's own handler runs.

    A handler that raises is not enough: DuckDB then ends the call, but first waits for its threads, which may work for minutes.
    `errors.was_interrupted` recognizes what DuckDB raises in place of the handler's exception."""
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


def _kept(key: Key) -> duckdb.DuckDBPyConnection:
    """One at most is kept; another ends when nobody works in it any more. A fork starts its own."""
    with _lock:
        if key not in _last:
            _last.clear()
            _last[key] = _started(*key[1:])
        return _last[key].cursor()


def _started(spill: Path, memory_limit: str, threads: int) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(
        config={
            "memory_limit": memory_limit,
            "threads": threads,
            "temp_directory": str(spill),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    con.execute("set enable_progress_bar = false")
    return con


def parquet(paths: Iterable[Path | str]) -> str:
    """A table function call that reads exactly these files."""
    return f"read_parquet([{', '.join(literal(str(path)) for path in paths)}], hive_partitioning = false)"


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
