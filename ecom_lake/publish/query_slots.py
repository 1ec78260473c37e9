"""How many queries run at once, and how many wait: a busy server answers some requests late and the rest with "try again".

Not here: the time and memory of one query (engine/serve/query.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock

from ecom_lake.errors import UserError

WAITING = 32
"""The number of queries that wait for a slot."""


class BusyError(UserError):
    """Too many queries wait already."""

    def __init__(self) -> None:
        super().__init__("The server is busy: too many queries are waiting. Try again in a second.")


class QuerySlots:
    def __init__(self, at_once: int, waiting: int = WAITING) -> None:
        self._running = BoundedSemaphore(at_once)
        self._free = at_once + waiting
        self._lock = Lock()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a slot and hold it. Raises `BusyError` where too many wait already."""
        with self._lock:
            if not self._free:
                raise BusyError()
            self._free -= 1
        try:
            with self._running:
                yield
        finally:
            with self._lock:
                self._free += 1
