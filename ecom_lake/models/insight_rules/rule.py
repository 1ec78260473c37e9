"""What a rule is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Unit = Literal["money", "share", "change", "count", "ratio", "days", "points"]

_READ = re.compile(r"\b(?:from|join)\s+([a-z_]+)")
_NAMED = re.compile(r"(?:\bwith|,)\s*([a-z_]+) as \(")


@dataclass(frozen=True)
class InsightRule:
    """One kind of statement.

    Its query gives `row_key`, `value` and `n`, and what it knows of these: `money`; words that the sentence names; and the
    evidence, one of
    - hits, trials, rest_hits, rest_trials: a share, against the share of the rest;
    - events, events_before: a count, against the count before;
    - p: a p-value that is known;
    - low, high and `against`, the value that the interval must leave out; with `error`, its standard error, it is tested too;
    - nothing: the number is counted, and there is no chance in it.
    """

    id: str
    topic: str
    kind: Literal["descriptive", "predictive", "causal", "assumed"]
    table: str
    column: str
    unit: Unit
    sql: str
    says: str
    """With the query's columns in braces; value, low, high, n and money are written as people read them."""
    silent: str
    """What is said where nothing stands out."""
    action: str
    owner: str
    caveat: str
    least_n: int = 30
    least_effect: float = 0.0
    """The least |effect|, where the query gives one, that is worth a word."""
    most: int = 1
    """How many statements it may make."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The tables of its query, without those that it names itself."""
        return tuple(sorted({*_READ.findall(self.sql)} - {*_NAMED.findall(self.sql)}))
