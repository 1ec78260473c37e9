"""Retries of requests that the network failed: a few, each after a longer wait, with jitter.

Not here: Azure's own retries, which its client makes request by request (azure/container.py).
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ecom_lake import logs

Answer = TypeVar("Answer")
TRANSIENT = (ConnectionError, TimeoutError, BlockingIOError)
"""What may succeed at the next try; a missing file, a refused permission or a full disk does not."""


@dataclass(frozen=True)
class Retry:
    times: int = 4
    first: float = 0.2
    """Seconds before the second try, at most; doubled before each further one."""
    longest: float = 10.0
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, call: Callable[[], Answer]) -> Answer:
        for attempt in range(self.times):
            try:
                return call()
            except TRANSIENT as error:
                logs.log_event("retried", logging.WARNING, after=type(error).__name__, turn=attempt + 1)
                most = min(self.longest, self.first * 2**attempt)
                self.sleep(random.uniform(most / 2, most))
        return call()
