"""The profile of one table on the page "Profile": a card for each column, the correlations, and findings in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ecom_lake.engine.config import UNDATED, month_name
from ecom_lake.engine.contracts.columns import DATE
from ecom_lake.engine.serve.profile.bins import Bins
from ecom_lake.engine.serve.profile.queries import LEAST_SHOWN, has_values
from ecom_lake.engine.serve.profile.table_profile import ColumnSummary, Frequent, Histogram, TableProfile
from ecom_lake.publish.dashboard.column_chart import ColumnChart, column_chart
from ecom_lake.publish.dashboard.correlation_table import correlation_table
from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.heatmap import HeatMap
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.scope import why_of_history
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import percent
from ecom_lake.publish.profile.findings import table_findings
from ecom_lake.publish.profile.numbers_in_words import shown
from ecom_lake.words import counted


@dataclass(frozen=True)
class Value:
    text: str
    rows: int
    share: str
    """Of the rows with a value."""
    width: float


@dataclass(frozen=True)
class ColumnCard:
    name: str
    kind: str
    meaning: str
    is_key: bool
    is_personal: bool
    filled: float
    """Percent of the rows with a value."""
    missing: str
    distinct: str
    figures: Sequence[tuple[str, str]]
    """Names and values of the distribution."""
    outliers: str
    histogram: ColumnChart | None
    ends: tuple[str, str]
    """What the histogram begins and ends with."""
    frequent: Sequence[Value]
    note: str
    """Why no values are shown; empty if they are."""


@dataclass(frozen=True)
class ProfiledTable:
    name: str
    grain: str
    rows: int
    sample: str
    """What the figures are of, where that is not the whole table."""
    findings: Sequence[str]
    columns: Sequence[ColumnCard]
    absent: Mapping[str, str]
    """Columns that the shop does not state, and why."""
    correlations: HeatMap | None
    ranked: int
    least_shown: int
    evidence: Sequence[tuple[str, str, Why]]
    """What is behind the figures: an id, a title and the evidence."""


def profiled_table(view: View, profile: TableProfile) -> ProfiledTable:
    return ProfiledTable(
        profile.table.name,
        profile.table.grain,
        profile.source.rows,
        _sample(profile),
        table_findings(profile),
        [_card(profile, one) for one in profile.columns],
        profile.source.absent,
        correlation_table(f"Rank correlations between the columns of {profile.table.name}", profile.correlations),
        profile.ranked,
        LEAST_SHOWN,
        _evidence(view, profile),
    )


def _sample(profile: TableProfile) -> str:
    if not profile.source.is_sampled:
        return ""
    return (
        f"The figures are of a sample of {profile.profiled:,} of its {profile.source.rows:,} rows, chosen by a hash of the key,"
        " the same each time."
    )


def _evidence(view: View, profile: TableProfile) -> list[tuple[str, str, Why]]:
    parts = [
        ("columns", "Counts and distributions", "Rows, missing and distinct values, quartiles, outliers.", profile.summary_sql),
        ("histograms", "Histograms", "Rows by column and bin; the edges hold what is beyond them.", profile.histogram_sql),
        ("values", "Most frequent values", f"Values of at least {LEAST_SHOWN} rows.", profile.frequent_sql),
        ("correlations", "Correlations", "Spearman's rank correlation.", profile.correlation_sql),
    ]
    return [
        (name, title, why_of_history(view, f"{profile.table.name}: {meaning}", Query(sql), profile.table.name))
        for name, title, meaning, sql in parts
        if sql
    ]


def _card(profile: TableProfile, one: ColumnSummary) -> ColumnCard:
    column, histogram = one.column, None if _is_undated(one) else profile.histograms.get(one.column.name)
    frequent = profile.frequent.get(column.name, ())
    return ColumnCard(
        column.name,
        column.kind.name,
        column.meaning,
        column.key,
        bool(column.personal),
        round(100 * (1 - one.missing_share), 2),
        f"{one.missing:,} missing ({percent(one.missing_share)})" if one.missing else "no value missing",
        _distinct(one),
        _figures(one),
        _outliers(one),
        _histogram(one, histogram) if histogram else None,
        _ends(one, histogram.bins) if histogram else ("", ""),
        _values(one, frequent),
        _note(one, frequent),
    )


def _is_undated(one: ColumnSummary) -> bool:
    """The months of a shop without dates."""
    return one.times is not None and one.times.latest.date() == UNDATED


def _distinct(one: ColumnSummary) -> str:
    if one.filled > 1 and one.is_unique:
        return f"{one.distinct:,} distinct, each once"
    return f"{one.distinct:,} distinct"


def _figures(one: ColumnSummary) -> list[tuple[str, str]]:
    if one.times:
        return [("first", _time(one, one.times.earliest)), ("last", _time(one, one.times.latest))]
    if not one.numbers:
        return []
    named = {
        "smallest": one.numbers.smallest,
        "median": one.numbers.median,
        "largest": one.numbers.largest,
        "25%": one.numbers.lower_quartile,
        "mean": one.numbers.mean,
        "75%": one.numbers.upper_quartile,
    }
    return [(name, shown(value, one.column)) for name, value in named.items()]


def _outliers(one: ColumnSummary) -> str:
    count = one.numbers.outliers if one.numbers else None
    if count is None:
        return ""
    return f"{counted(count, 'outlier')} ({percent(count / one.filled)})" if count else "no outliers"


def _time(one: ColumnSummary, time: datetime) -> str:
    if one.column.first_of_month:
        return month_name(time.date())
    return f"{time:%Y-%m-%d}" if one.column.kind == DATE else f"{time:%Y-%m-%d %H:%M}"


def _histogram(one: ColumnSummary, histogram: Histogram) -> ColumnChart:
    last = histogram.bins.count - 1
    texts = [f"{_range(one, histogram.bins, i, last)}: {counted(rows, 'row')}" for i, rows in enumerate(histogram.rows)]
    return column_chart(f"Histogram of {one.column.name}", histogram.rows, texts)


def _range(one: ColumnSummary, bins: Bins, number: int, last: int) -> str:
    low, high = map(bins.text, bins.bounds(number))
    if bins.unit == "month" and bins.width == 1:
        return low
    if bins.unit == "number" and bins.width == 1 and bins.low == round(bins.low):
        return f"{low} or more" if number == last and _is_beyond(one, bins) else low
    return f"{low} or more" if number == last and _is_beyond(one, bins) else f"{low} to {high}"


def _is_beyond(one: ColumnSummary, bins: Bins) -> bool:
    """Whether the last bin holds values above its upper bound."""
    return one.numbers is not None and one.numbers.largest >= bins.bounds(bins.count - 1)[1]


def _ends(one: ColumnSummary, bins: Bins) -> tuple[str, str]:
    if one.times:
        return bins.label(0), _time(one, one.times.latest)[: 7 if bins.unit == "month" else None]
    last, end = bins.bounds(bins.count - 1)
    if _is_beyond(one, bins):
        return bins.label(0), f"{bins.text(last)} or more"
    return bins.label(0), bins.text(last if bins.width == 1 else end)


def _values(one: ColumnSummary, frequent: Sequence[Frequent]) -> list[Value]:
    most = max((value.rows for value in frequent), default=1)
    return [
        Value(value.value, value.rows, percent(value.rows / one.filled), round(100 * value.rows / most, 2)) for value in frequent
    ]


def _note(one: ColumnSummary, frequent: Sequence[Frequent]) -> str:
    if one.column.personal:
        return "Personal: its values are counted and not shown."
    if not one.filled:
        return "No row has a value."
    if has_values(one.column) and not frequent:
        return f"No value occurs in {LEAST_SHOWN} rows or more."
    return ""
