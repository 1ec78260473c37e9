"""Signals that end a command: Ctrl-C (SIGINT), and SIGTERM, which `kill`, systemd, Docker and Kubernetes send.

Both raise KeyboardInterrupt, so that unfinished files are removed. The exit code is 128 plus the number of the signal.
Not here: how a signal gets through DuckDB (errors.py) and a run of Dagster (engine/build/step/watched.py, engine/dagster/run.py).
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SENTENCES = {signal.SIGINT: "Interrupted.", signal.SIGTERM: "Terminated."}


EXIT_CODES = {128 + number for number in SENTENCES}


def exit_code(number: signal.Signals) -> int:
    return 128 + number


@contextmanager
def ending() -> Iterator[Callable[[], signal.Signals]]:
    """Yields a function that returns the signal that ended the command; SIGINT if none was received.

    During a run Dagster installs its own handlers, which do not keep the number. Therefore Python writes the number of every
    signal to a pipe, whichever handler runs."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: signal.SIGINT
        return
    receiving, sending = os.pipe()
    for end in (receiving, sending):
        os.set_blocking(end, False)
    wakeup = signal.set_wakeup_fd(sending, warn_on_full_buffer=False)
    terminate = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield lambda: _first(receiving)
    finally:
        signal.signal(signal.SIGTERM, terminate)
        signal.set_wakeup_fd(wakeup)
        os.close(receiving)
        os.close(sending)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _first(receiving: int) -> signal.Signals:
    try:
        received = os.read(receiving, 1024)
    except BlockingIOError:
        received = b""
    return next((signal.Signals(number) for number in received if number in SENTENCES), signal.SIGINT)
