"""Child processes: for work that is killed, runs concurrently, or runs as another user.

They are forked from a process that has only imported the modules, so that they start at once.
"""

from __future__ import annotations

import multiprocessing as mp
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

_FORKS = mp.get_context("forkserver")
_FORKS.set_forkserver_preload(["ecom_lake_tests.chaos.preload"])
NOBODY = 65_534


def start(work: Callable[..., Any], *given: Any, user: int | None = None) -> tuple[BaseProcess, Connection]:
    """Starts a process that does the work and sends its result through the connection."""
    ours, theirs = _FORKS.Pipe()
    process = _FORKS.Process(target=_do, args=(theirs, user, work, given), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def _do(answer: Connection, user: int | None, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
    if user is not None:
        os.setgid(user)
        os.setuid(user)
    answer.send("ready")
    answer.send(work(*given))


def answer_of(process: BaseProcess, connection: Connection, seconds: float = 120) -> Any:
    """The result of a process; None if it died before it finished."""
    try:
        connection.recv()
        return connection.recv() if connection.poll(seconds) else None
    except EOFError:
        return None
    finally:
        process.join(10)
        if process.is_alive():
            process.kill()
            process.join()
        connection.close()


@contextmanager
def side_by_side(*works: tuple[Any, ...]) -> Iterator[list[tuple[BaseProcess, Connection]]]:
    """Starts the processes together; kills those that still run at the end."""
    begun = [start(*work) for work in works]
    try:
        yield begun
    finally:
        for process, _ in begun:
            if process.is_alive():
                process.kill()
            process.join()
