"""What a store was asked for: requests by kind, and bytes both ways. Costs in the docs and the tests come from here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Meter:
    requests: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    received: int = 0

    @property
    def total(self) -> int:
        return sum(self.requests.values())

    def reset(self) -> None:
        self.requests.clear()
        self.sent = self.received = 0
