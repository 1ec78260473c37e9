"""An insight rule: one kind of statement, as a query over gold and the sentences that are made from its rows.

Here: what a rule consists of. Not here: the rules (sales.py, customers.py, products.py, operations.py, outlook.py), and whether
the evidence for a row is strong enough (insights_build.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Literal

from ecom_lake.engine.contracts.sql_file import sql_file

Unit = Literal["money", "share", "count", "ratio", "lift", "days", "points"]
Role = Literal["opportunity", "news", "context"]

DAYS = "days"
"""The name under which a rule's query reads the rows of its `days`."""
COMPLETE_MONTHS = "complete_months"
"""The name under which the queries read the rows of kpi_monthly that had ended by the as-of date (complete_months.sql)."""
KNOWN_CUSTOMERS = "known_customers"
"""The name under which the queries read what sentences on known customers leave out (known_customers.sql)."""
_PARAMETER = re.compile(r"\$([a-z_]+)")


@dataclass(frozen=True)
class InsightRule:
    """One kind of statement.

    Its query returns one row per candidate: `row_key`, `value` and `n`, and where it has them
    - `baseline`: the number that the value is compared with, in the same unit;
    - `gain`: net sales per month that acting on it could win or protect at most; NULL or 0 where there are none;
    - `money`: net sales of the row;
    - `effect`: the size of the difference, for `least_effect`;
    - `action`: a sentence, where it depends on the row;
    - `caveat`: a sentence that is added to the rule's caveat, where it depends on the row;
    - `weak_because`: a sentence, where the row must not be shown whatever its evidence is; it may have fields in braces;
    - `hits`, `trials`, `rest_hits`, `rest_trials`: a rate, tested against the rate of the rest with the noise of `days`;
    - `per_day`, `days_in_month`, `per_day_before`, `days_before`: a daily level, tested against another one in the same way, once
      both are divided by the weekday factor of their month, `month` and `month_before`;
    - `p`: a p-value that is already known;
    - `low`, `high`, `against`: an interval of the value that must not contain `against`; with `error` it is also tested;
    - none of these: the number is a count of all rows, not an estimate;
    - numbers, dates and words that the sentences use.
    A row in which a field of the headline or the reason is NULL is left out.
    """

    id: str
    topic: str
    kind: Literal["descriptive", "predictive", "causal", "assumed"]
    table: str
    column: str
    unit: Unit
    sql: str
    """The file of the query, in this folder."""
    headline: str
    """With fields in braces. A direction is never written out: `{compared:rose|fell}` takes its word from value and baseline."""
    reason: str
    """The numbers behind the headline."""
    silent: str
    """The headline where numbers were examined and the evidence is too weak. It may use the fields of headline and reason."""
    action: str
    owner: str
    caveat: str
    gain_basis: str
    """How `gain` is computed, or why there is none."""
    days: str = ""
    """The file of a query that returns row_key, day and the daily hits and trials, or amounts, of complete months: the noise is
    measured on these rows. The rule's own query may read them as the table `days`."""
    noise_of: Literal["days", "months"] = "days"
    """Whether the rows of `days` are days or whole months."""
    parameters: Mapping[str, int] = field(default_factory=dict, hash=False)
    """Values of the query's `$name` parameters that are not settings."""
    tested_by: str = ""
    """The rule whose first candidate's test is also the test of this rule, so that one test is not counted twice."""
    is_context: bool = False
    """Whether it only describes the shop: it is true by construction or is compared with nothing, so that it has no gain."""
    unexamined: str = ""
    """The headline where there was no number to examine; by default, that the column has no values."""
    least_n: int = 30
    least_effect: float = 0.0
    """The least |effect|, where the query returns one, that is worth a statement."""
    most: int = 1
    """The most statements that the rule may make."""

    @property
    def query(self) -> str:
        return sql_file(__file__, self.sql)

    @property
    def days_query(self) -> str:
        """Empty where the rule has no `days`."""
        return sql_file(__file__, self.days) if self.days else ""

    @property
    def without_numbers(self) -> str:
        """The headline where there was nothing to examine: it states nothing about the shop."""
        return self.unexamined or f"Not examined: {self.table} has no values of {self.column} for this."

    @property
    def settings(self) -> tuple[str, ...]:
        """The settings that its query takes as `$name`."""
        return tuple(sorted({*_PARAMETER.findall(self.query)} - self.parameters.keys()))

    @property
    def fields(self) -> frozenset[str]:
        """The fields of its headline and reason."""
        return fields_of(f"{self.headline} {self.reason}")


def fields_of(sentence: str) -> frozenset[str]:
    """The names in braces, without their attributes."""
    return frozenset(name.split(".")[0] for _, name, _, _ in Formatter().parse(sentence) if name)
