"""How often a client may ask: a token bucket for each, which refills steadily and holds a burst."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

KEPT = 10_000
"""The number of clients whose buckets are remembered."""
BURST = 5
"""A full bucket holds the requests of this number of seconds."""


class Buckets:
    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._size, self._clock = per_second, max(per_second * BURST, 1.0), clock
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, client: str) -> float:
        """Take a token. 0, or the seconds until there is one."""
        now = self._clock()
        tokens, at = self._kept.pop(client, (self._size, now))
        tokens = min(tokens + (now - at) * self._rate, self._size)
        taken = tokens >= 1
        self._kept[client] = (tokens - 1 if taken else tokens, now)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return 0.0 if taken else (1 - tokens) / self._rate
