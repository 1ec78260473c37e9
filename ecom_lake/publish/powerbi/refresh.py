"""Incremental refresh: facts are loaded month by month, and a scheduled refresh in the service reloads the latest months only.

The policy keeps the whole history, so that nothing disappears as years pass. It depends on the release alone, never on the clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

REFRESHED_MONTHS = 3
"""Months that a scheduled refresh reloads. A correction of an older month needs a full refresh."""
FUTURE_YEARS = 20
"""Years after the release for which the policy still keeps the first month."""
_START, _END = date(1900, 1, 1), date(2100, 1, 1)
"""Beyond all orders, also those that come after the project was written."""
MONTHLY_PARAMETERS = ("RangeStart", "RangeEnd")


@dataclass(frozen=True)
class History:
    """The months of a shop's facts."""

    first: date
    """The first month with an order; orders without a date are loaded with it."""
    released: date
    """The day of the release."""

    @property
    def kept_years(self) -> int:
        return self.released.year - self.first.year + 1 + FUTURE_YEARS

    def parameters(self) -> Mapping[str, str]:
        """M expressions of the range that Power BI Desktop loads: everything. The service sets both for each partition."""
        return {"RangeStart": _moment(_START), "RangeEnd": _moment(_END)}

    def functions(self) -> Mapping[str, str]:
        first = {"FirstMonth": _moment(self.first)}
        return first | {"MonthOf": _MONTH_OF}

    def policy(self) -> str:
        return f"""\
policyType: basic
rollingWindowGranularity: year
rollingWindowPeriods: {self.kept_years}
incrementalGranularity: month
incrementalPeriods: {REFRESHED_MONTHS}"""


_MONTH_OF = """\
(name as text) as datetime =>
    let
        Month = Text.BetweenDelimiters(name, "month=", ".parquet"),
        Start = if Month = "undated" then FirstMonth else DateTime.From(Date.FromText(Month & "-01", [Format = "yyyy-MM-dd"]))
    in
        Start"""


def _moment(day: date) -> str:
    return f"#datetime({day.year}, {day.month}, {day.day}, 0, 0, 0)"
