"""One fault to inject: its family, a description, and a function that injects it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ecom_lake_tests.chaos.verdict import Verdict


@dataclass(frozen=True)
class Case:
    family: str
    what: str
    attempt: Callable[[], Verdict]
