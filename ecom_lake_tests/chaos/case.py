"""One fault that can be tried: its family, what it is, and how to try it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ecom_lake_tests.chaos.verdict import Verdict


@dataclass(frozen=True)
class Case:
    family: str
    what: str
    attempt: Callable[[], Verdict]
