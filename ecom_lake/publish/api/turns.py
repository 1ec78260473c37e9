"""Turns for work that takes long: a client has one at a time, and all have a few, so that no client keeps the others waiting."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ecom_lake.publish.api.problem import RETRY, ProblemError

OF_ONE_CLIENT = 4
"""The requests of a client that have or await a turn."""


class Turns:
    def __init__(self, at_once: int) -> None:
        self._at_once = asyncio.Semaphore(at_once)
        self._of_client: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._asked: Counter[str] = Counter()

    @asynccontextmanager
    async def taken(self, client: str) -> AsyncIterator[None]:
        """Wait for a turn and hold it. Raises `ProblemError` where the client awaits too many already."""
        if self._asked[client] >= OF_ONE_CLIENT:
            raise ProblemError(429, f"The key has {OF_ONE_CLIENT} queries that run or wait already: wait for one.", RETRY)
        self._asked[client] += 1
        try:
            async with self._of_client[client], self._at_once:
                yield
        finally:
            self._asked[client] -= 1
