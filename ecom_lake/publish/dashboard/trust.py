"""The page "Trust": where every delivered row went, which rules passed, what the models' tests showed, and the releases.

Not here: the static quality page with examples of refused rows (publish/pages/quality.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.quality import FATES

RELEASES = 20
"""Releases that the page lists."""
_LEDGER = Query(
    "select table_name, count(*) as files, max(delivered_at) as latest, sum(rows_delivered)::bigint as delivered, "
    + ", ".join(f"sum({fate})::bigint as {fate}" for fate in FATES)
    + " from ledger group by table_name order by table_name"
)
_LAYERS = Query(
    "select layer, count(*) as rules, count(*) filter (where status = 'pass') as passed,"
    " sum(checked_rows)::bigint as checked_rows from quality_scorecard group by layer order by layer desc"
)
_FAILED = Query(
    "select layer, table_name, rule, severity, meaning, checked_rows, failed_rows from quality_scorecard"
    " where failed_rows > 0 order by severity, failed_rows desc, table_name, rule limit 30"
)
_MODELS = Query("select model, status, predicts, reason, as_of, fitted_as_of from model_cards order by model")
_ANOMALIES = Query("select month, sentence from anomalies where is_anomaly order by month desc, score desc limit 20")


@dataclass(frozen=True)
class Segment:
    """A part of a bar: the rows with one fate, in percent of the delivered ones."""

    fate: str
    rows: int
    start: float
    width: float


@dataclass(frozen=True)
class Delivered:
    table: str
    files: int
    latest: datetime | None
    rows: int
    fates: Sequence[Segment]
    closes: bool
    """Whether each delivered row has exactly one fate."""


@dataclass(frozen=True)
class Release:
    number: int
    at: datetime
    is_shown: bool


@dataclass(frozen=True)
class Trust:
    ledger: Sequence[Delivered]
    layers: Sequence[Row]
    failed: Sequence[Row]
    models: Sequence[Row]
    anomalies: Sequence[Row]
    releases: Sequence[Release]


@dataclass(frozen=True)
class Verdict:
    """The state of a release in one line, which every page shows."""

    rules: int
    passed: int
    closes: bool


def trust(view: View) -> Trust:
    release = view.release

    def rows(query: Query, table: str) -> Sequence[Row]:
        return release.rows(query) if release.has(table) else ()

    return Trust(
        [_delivered(row) for row in rows(_LEDGER, "ledger")],
        rows(_LAYERS, "quality_scorecard"),
        rows(_FAILED, "quality_scorecard"),
        rows(_MODELS, "model_cards"),
        rows(_ANOMALIES, "anomalies"),
        _releases(release),
    )


def verdict(release: ServedRelease) -> Verdict | None:
    if not release.has("ledger") or not release.has("quality_scorecard"):
        return None
    layers = release.rows(_LAYERS)
    closes = all(_delivered(row).closes for row in release.rows(_LEDGER))
    return Verdict(sum(row["rules"] for row in layers), sum(row["passed"] for row in layers), closes)


def _delivered(row: Row) -> Delivered:
    counts = {fate: row[fate] for fate in FATES}
    total = row["delivered"] or 1
    starts = accumulate(counts.values(), initial=0)
    fates = [
        Segment(fate, count, round(100 * start / total, 3), round(100 * count / total, 3))
        for (fate, count), start in zip(counts.items(), starts, strict=False)
        if count
    ]
    closes = sum(counts.values()) == row["delivered"]
    return Delivered(row["table_name"], row["files"], row["latest"], row["delivered"], fates, closes)


def _releases(release: ServedRelease) -> list[Release]:
    """The latest releases that are kept, newest first."""
    log = release.site.lake.log
    found: list[Release] = []
    for number in reversed(log.numbers()):
        entry = log.entry(number)
        if entry.release == entry.number:
            found.append(Release(number, datetime.fromisoformat(entry.at), number == release.number))
        if len(found) == RELEASES:
            break
    return found
