"""How many queries run at once, and how many wait: a busy server answers some requests late and the rest with "try again".

A client has only some of the waiting queries, so that it keeps no other one out. The queries of a release share its memory. One
that ran out of it next to others runs again alone, so that no query fails because of its neighbours.
Not here: the time and memory of one query (engine/serve/query.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Condition, Lock
from typing import TypeVar

from ecom_lake.engine.serve.query import TooMuchMemoryError
from ecom_lake.errors import UserError

WAITING = 32
"""The number of queries that wait for a slot."""
OF_ONE_CLIENT = WAITING // 2
"""The queries of one client that run or wait."""
asking: ContextVar[str] = ContextVar("asking", default="")
"""The id of the client that a query is for (api/gate.py sets it); empty where no key or proxy names one, which has no limit."""
Found = TypeVar("Found")


class BusyError(UserError):
    """Too many queries wait already."""

    def __init__(self, sentence: str = "The server is busy: too many queries are waiting. Try again in a second.") -> None:
        super().__init__(sentence)


@dataclass(eq=False)
class _Running:
    had_neighbours: bool
    """Whether other queries ran at the same time."""


class QuerySlots:
    def __init__(self, at_once: int, waiting: int = WAITING, of_one_client: int = OF_ONE_CLIENT) -> None:
        self._at_once, self._of_one_client = at_once, of_one_client
        self._of_client: Counter[str] = Counter()
        self._free = at_once + waiting
        self._lock = Lock()
        self._changed = Condition()
        self._running: list[_Running] = []
        self._alone = 0
        """The queries that run alone or wait for it. No other one starts before them."""

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Wait for something else than a slot. Raises `BusyError` where too many wait already, or too many of the client."""
        client = asking.get()
        with self._lock:
            if client and self._of_client[client] >= self._of_one_client:
                raise BusyError(f"You have {self._of_one_client} queries that run or wait already: wait for one.")
            if not self._free:
                raise BusyError()
            self._free -= 1
            self._of_client[client] += 1
        try:
            yield
        finally:
            with self._lock:
                self._free += 1
                self._of_client[client] -= 1
                self._of_client += Counter()  # forgets clients without queries

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a slot and hold it. Raises as `admitted` does."""
        with self.admitted(), self._slot():
            yield

    def run(self, query: Callable[[], Found]) -> Found:
        """Run a query in a slot, and again alone where it ran out of memory next to others. Raises as `admitted` does."""
        with self.admitted():
            try:
                with self._slot() as slot:
                    return query()
            except TooMuchMemoryError:
                if not slot.had_neighbours:
                    raise
            with self._slot(alone=True):
                return query()

    @contextmanager
    def _slot(self, alone: bool = False) -> Iterator[_Running]:
        with self._changed:
            self._alone += alone
            self._changed.wait_for(lambda: not self._running if alone else self._has_room())
            mine = _Running(bool(self._running))
            for other in self._running:
                other.had_neighbours = True
            self._running.append(mine)
        try:
            yield mine
        finally:
            with self._changed:
                self._running.remove(mine)
                self._alone -= alone
                self._changed.notify_all()

    def _has_room(self) -> bool:
        return len(self._running) < self._at_once and not self._alone
