"""Trying again where the network failed: a few times, each after a longer wait, and never in step with others who wait.

Not here: Azure's own retries, which its client does request by request (azure.py).
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
PASSING = (ConnectionError, TimeoutError, BlockingIOError)
"""What may be gone at the next try; a missing file, a refused permission and a full disk are not."""


@dataclass(frozen=True)
class Retry:
    times: int = 4
    first: float = 0.2
    """Seconds before the second try, at most; twice as many before each further one."""
    longest: float = 10.0
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, call: Callable[[], Answer]) -> Answer:
        for turn in range(self.times):
            try:
                return call()
            except PASSING as error:
                logs.log_event("retried", logging.WARNING, after=type(error).__name__, turn=turn + 1)
                most = min(self.longest, self.first * 2**turn)
                self.sleep(random.uniform(most / 2, most))
        return call()
