"""A table's profile as data: each part is computed by one query when it is first asked for.

A `TableProfile` needs only something that runs a query; who keeps the answers decides how often a query runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from ecom_lake.engine.contracts.columns import INTEGER, Column
from ecom_lake.engine.serve.profile import queries
from ecom_lake.engine.serve.profile.bins import Bins, bins_of, time_bins
from ecom_lake.engine.serve.profile.queries import Source

Ask = Callable[[str], Sequence[Mapping[str, Any]]]
"""Runs a query and returns its rows."""


@dataclass(frozen=True)
class Numbers:
    """The distribution of a column of numbers."""

    smallest: float
    percentile_1: float
    lower_quartile: float
    median: float
    upper_quartile: float
    percentile_99: float
    largest: float
    mean: float
    outliers: int | None
    """Values beyond Tukey's fences, 1.5 interquartile ranges from the quartiles; None where the quartiles are equal or
    the column has an upper bound."""


@dataclass(frozen=True)
class Times:
    earliest: datetime
    latest: datetime


@dataclass(frozen=True)
class ColumnSummary:
    column: Column
    rows: int
    missing: int
    distinct: int
    """Different values, without NULL."""
    numbers: Numbers | None = None
    times: Times | None = None

    @property
    def filled(self) -> int:
        return self.rows - self.missing

    @property
    def missing_share(self) -> float:
        return self.missing / self.rows if self.rows else 0.0

    @property
    def is_unique(self) -> bool:
        return self.distinct == self.filled


@dataclass(frozen=True)
class Histogram:
    bins: Bins
    rows: Sequence[int]
    """The rows in each bin."""


@dataclass(frozen=True)
class Frequent:
    value: str
    rows: int


@dataclass(frozen=True)
class Correlation:
    one: str
    other: str
    value: float
    rows: int
    """The rows in which both columns have a value."""


class TableProfile:
    def __init__(self, source: Source, ask: Ask) -> None:
        self.source, self.table = source, source.table
        self._ask = ask

    @property
    def profiled(self) -> int:
        """The rows that the figures are of: all of the table, or those of the sample."""
        return next((summary.rows for summary in self.columns), self.source.rows)

    @cached_property
    def columns(self) -> Sequence[ColumnSummary]:
        found = {row["column_name"]: row for row in self._ask(self.summary_sql)} if self.source.columns else {}
        return [_summary(column, found[column.name]) for column in self.source.columns]

    @property
    def summary_sql(self) -> str:
        return queries.summary(self.source)

    @cached_property
    def histograms(self) -> Mapping[str, Histogram]:
        """By column, of numbers and times that have a value."""
        found: dict[str, dict[int, int]] = {name: {} for name in self._bins}
        for row in self._ask(self.histogram_sql) if self._bins else ():
            found[row["column_name"]][row["bin"]] = row["rows"]
        return {
            name: Histogram(bins, [found[name].get(number, 0) for number in range(bins.count)])
            for name, bins in self._bins.items()
        }

    @property
    def histogram_sql(self) -> str:
        """Empty where no column has a histogram."""
        return queries.histogram(self.source, self._bins) if self._bins else ""

    @cached_property
    def _bins(self) -> Mapping[str, Bins]:
        return {one.column.name: bins for one in self.columns if (bins := _bins(one)) is not None}

    @cached_property
    def frequent(self) -> Mapping[str, Sequence[Frequent]]:
        """The most frequent values of texts and flags, by column; a value of a few rows is not among them."""
        found: dict[str, list[Frequent]] = {one.name: [] for one in self.source.columns if queries.has_values(one)}
        if found:
            for row in self._ask(self.frequent_sql):
                found[row["column_name"]].append(Frequent(row["value"], row["rows"]))
        return {name: sorted(values, key=lambda one: (-one.rows, one.value)) for name, values in found.items()}

    @property
    def frequent_sql(self) -> str:
        return queries.frequent_values(self.source)

    @cached_property
    def correlations(self) -> Sequence[Correlation]:
        """Of each two columns of numbers that vary."""
        if not self.correlation_sql:
            return []
        rows = self._ask(self.correlation_sql)
        known = [row for row in rows if row["correlation"] is not None]
        return [Correlation(row["one"], row["other"], row["correlation"], row["rows"]) for row in known]

    @cached_property
    def correlation_sql(self) -> str:
        """Empty where fewer than two columns of numbers vary."""
        columns = [one.column for one in self.columns if queries.is_number(one.column) and one.distinct > 1]
        return queries.correlations(self.source, columns[: queries.MOST_RANKED_COLUMNS]) if len(columns) > 1 else ""

    @property
    def ranked(self) -> int:
        """The rows that the correlations are of, about; all of a table that is not larger."""
        return min(self.source.rows, self.source.most_ranked)


def _summary(column: Column, row: Mapping[str, Any]) -> ColumnSummary:
    numbers = Numbers(**{name: row[name] for name in Numbers.__annotations__}) if row["smallest"] is not None else None
    times = Times(row["earliest"], row["latest"]) if row["earliest"] is not None else None
    return ColumnSummary(column, row["rows"], row["missing"], row["distinct_values"], numbers, times)


def _bins(one: ColumnSummary) -> Bins | None:
    if one.numbers:
        return bins_of(one.numbers.percentile_1, one.numbers.percentile_99, one.column.kind == INTEGER)
    return time_bins(one.times.earliest, one.times.latest) if one.times else None
