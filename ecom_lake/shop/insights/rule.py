"""What a rule is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import Formatter
from typing import Literal

Unit = Literal["money", "share", "count", "ratio", "days", "points"]
Role = Literal["opportunity", "news", "context"]

_READ = re.compile(r"\b(?:from|join)\s+([a-z_]+)")
_NAMED = re.compile(r"(?:\bwith|,)\s*([a-z_]+) as \(")
_SETTING = re.compile(r"\$([a-z_]+)")


@dataclass(frozen=True)
class InsightRule:
    """One kind of statement.

    Its query returns one row per candidate: `row_key`, `value` and `n`, and where it has them
    - `baseline`: what the value is compared with, in the same unit;
    - `gain`: net sales a month that acting on it could at most win or protect; NULL or 0 where there are none;
    - `money`: net sales that the row touches;
    - `effect`: how large the difference is, for least_effect;
    - `weak_because`: a sentence, where the row must not be shown whatever its evidence;
    - `hits`, `trials`, `rest_hits`, `rest_trials`: a rate, tested against the rate of the rest, with the noise of `days`;
    - `per_day`, `days_in_month`, `per_day_before`, `days_before`: a daily level, tested against another one, likewise;
    - `p`: a p-value that is known;
    - `low`, `high`, `against`: an interval of the value that must leave out `against`; with `error`, it is tested too;
    - nothing of these: the number is counted, and there is no chance in it;
    - numbers, dates and words that the sentences name.
    A candidate of which anything that a sentence names is NULL is unknown, and nothing is said of it.
    """

    id: str
    topic: str
    kind: Literal["descriptive", "predictive", "causal", "assumed"]
    table: str
    column: str
    unit: Unit
    sql: str
    headline: str
    """With fields in braces. A direction is never written out: `{compared:rose|fell}` takes its word from value and baseline."""
    reason: str
    """The numbers behind the headline."""
    silent: str
    """What is stated where numbers were examined and nothing stands out."""
    action: str
    owner: str
    caveat: str
    gain_basis: str
    """How `gain` is computed, or why there is none."""
    days: str = ""
    """A query of row_key, day and the daily hits and trials, or amounts, of complete months: what the noise is measured on."""
    noise_of: Literal["days", "months"] = "days"
    """What the rows of `days` are."""
    tested_by: str = ""
    """The rule whose first candidate's test is this rule's too, so that one test is not counted twice."""
    is_context: bool = False
    """Whether it only describes the shop: it holds by construction or has nothing to be compared with, and so nothing to gain."""
    unexamined: str = ""
    """What is stated where there was no number to examine; unless given, that there are no values in the column."""
    least_n: int = 30
    least_effect: float = 0.0
    """The least |effect|, where the query returns one, that is worth a statement."""
    most: int = 1
    """How many statements it may make."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The tables of its queries, without those that they define themselves."""
        both = f"{self.sql} {self.days}"
        return tuple(sorted({*_READ.findall(both)} - {*_NAMED.findall(both)}))

    @property
    def without_numbers(self) -> str:
        """The statement where there was nothing to examine: it claims nothing about the shop."""
        return self.unexamined or f"Not examined: {self.table} has no values of {self.column} for this."

    @property
    def settings(self) -> tuple[str, ...]:
        """The settings that its query takes as `$name`."""
        return tuple(sorted({*_SETTING.findall(self.sql)}))

    @property
    def fields(self) -> frozenset[str]:
        """What its sentences name."""
        parts = Formatter().parse(f"{self.headline} {self.reason}")
        return frozenset(field.split(".")[0] for _, field, _, _ in parts if field)
