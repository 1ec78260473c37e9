"""How many queries run at once, and how many wait: a busy server answers some requests late and the rest with "try again".

Not here: the time and memory of one query (engine/serve/query.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
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
    def admitted(self) -> Iterator[None]:
        """Wait for something else than a slot. Raises `BusyError` where too many wait already."""
        with self._lock:
            if not self._free:
                raise BusyError()
            self._free -= 1
        try:
            yield
        finally:
            with self._lock:
                self._free += 1

    @contextmanager
    def taken(self, turn: AbstractContextManager[object] | None = None) -> Iterator[None]:
        """Wait for a slot and hold it. `turn`: what is waited for first, without a slot. Raises as `admitted` does."""
        with self.admitted(), turn or nullcontext(), self._running:
            yield
