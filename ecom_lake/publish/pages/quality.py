"""The quality page of a release: delivered rows, refused rows, rules, anomalies, freshness and reconciliation.

Here: what is on the page. Not here: its looks (quality.html.jinja, style.css), the shapes of its charts (charts.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

import polars as pl

from ecom_lake.publish.pages import charts
from ecom_lake.publish.pages.rendering import rendered

FATES = ("published", "superseded", "collapsed", "left_out", "pending", "quarantined", "rejected", "erased")
_TEMPLATE = "quality.html.jinja"

Row = Mapping[str, Any]


@dataclass(frozen=True)
class RefusedRows:
    """The records of a delivered table that failed one rule, and the first of them."""

    table: str
    rule: str
    rows: int
    is_malformed: bool
    """Whether the records could not be read, instead of failing a rule of the contract."""
    examples: Sequence[Row]
    """Each with file, record and problem: the column, or what is malformed. The page never shows the content of a record."""


@dataclass(frozen=True)
class Story:
    shop: str
    as_of: date | None
    last_order: date | None
    ledger: pl.DataFrame
    scorecard: pl.DataFrame
    anomalies: pl.DataFrame
    waterfall: pl.DataFrame
    """These four are the gold tables."""
    refused: Sequence[RefusedRows]
    absent: Mapping[str, str]
    """The tables that are not built for the shop, and why."""
    unreadable: Sequence[str] = ()
    """The tables that the page leaves out because a file is damaged."""
    currency: str | None = None
    """The currency sign of the amounts; None for none."""


def page(story: Story) -> bytes:
    return rendered(_TEMPLATE, story.currency, **_values(story))


def _values(story: Story) -> dict[str, Any]:
    tables = _ledger_by_table(story.ledger)
    total = {name: sum(row[name] for row in tables) for name in ("rows_delivered", *FATES)}
    total["files"] = story.ledger["sequence"].n_unique()
    series = _series(story.anomalies)
    return {
        "story": story,
        "fates": [fate for fate in FATES if total[fate] or fate not in ("left_out", "erased")],  # only a map leaves rows out
        "ledger": tables,
        "freshness": list({row["table_name"]: row for row in tables}.values()),
        "is_mapped": any(row["read_as"] != row["table_name"] for row in tables),
        "total": total,
        "accounted": sum(total[fate] for fate in FATES),
        "flow": charts.flow([(fate, total[fate]) for fate in FATES]),
        "scorecard": _scorecard(story.scorecard),
        "rules": len(story.scorecard),
        "passed": int((story.scorecard["status"] == "pass").sum()),
        "warnings": story.anomalies.filter("is_anomaly").sort("month", "score", descending=True)["sentence"].to_list(),
        "tests": int(story.anomalies["expected"].is_not_null().sum()),
        "anomalous": [one for one in series if one["is_anomalous"]],
        "usual": [one for one in series if not one["is_anomalous"]],
        "waterfall": _waterfall(story.waterfall),
    }


def _ledger_by_table(ledger: pl.DataFrame) -> list[dict[str, Any]]:
    sums = [pl.col(name).sum() for name in ("rows_delivered", *FATES)]
    latest = pl.col("delivered_at").max().alias("latest")
    return (
        ledger.group_by("table_name", "read_as")
        .agg(pl.len().alias("files"), *sums, latest)
        .sort("table_name", "read_as")
        .to_dicts()
    )


def _scorecard(scorecard: pl.DataFrame) -> list[dict[str, Any]]:
    """By table; the rules that some row failed come before the others."""
    rows = scorecard.sort("layer", "table_name", pl.col("failed_rows") == 0, "rule", descending=[True, *[False] * 3]).to_dicts()
    return [
        {"layer": layer, "table": table, "rules": rules, "failed": [rule for rule in rules if rule["failed_rows"]]}
        for (layer, table), group in groupby(rows, key=lambda row: (row["layer"], row["table_name"]))
        if (rules := list(group))
    ]


def _series(anomalies: pl.DataFrame) -> list[dict[str, Any]]:
    names = ["table_name", "column_name", "kind", "measure"]
    rows = anomalies.sort(*names, "month").to_dicts()
    return [
        {
            "table": key[0] if key[1] == "*" else f"{key[0]}.{key[1]}",
            "measure": key[3],
            "is_share": key[2].endswith("_share"),
            "is_anomalous": any(point["is_anomaly"] for point in points),
            "chart": charts.history(points),
            "last": points[-1],
        }
        for key, group in groupby(rows, key=lambda row: tuple(row[name] for name in names))
        if (points := list(group))
    ]


def _waterfall(waterfall: pl.DataFrame) -> list[dict[str, Any]]:
    """The sum of all months; steps that are zero are left out."""
    steps = waterfall.group_by("step_order", "step").agg(pl.col("amount").sum(), pl.col("closes").all()).sort("step_order")
    return charts.waterfall([row for row in steps.to_dicts() if row["amount"] or row["step"] in charts.SUMS])
