from __future__ import annotations

from ecom_lake.engine.contracts.columns import Flag, Key, Number, Text
from ecom_lake.engine.contracts.table import Gold, Rule
from ecom_lake.shop import vocabulary

KINDS = ("volume", "freshness", "null_share", "category_share", "distribution")


class Anomalies(Gold):
    """One row per month, column and measure: the value, and the range expected from the shop's own earlier months."""

    month = vocabulary.month.replace(key=True)
    table_name = vocabulary.table_name.replace(key=True)
    column_name = vocabulary.column_name.replace(key=True)
    kind = Key("Kind of measure.", one_of=KINDS)
    measure = Key("Measure of the column: rows, rows per order, days without orders, share of NULL or of a value, median or p95.")
    value = vocabulary.value.replace(at_least=0, nullable=False)
    expected = Number(
        "Expected value, from earlier months; NULL, as are the columns below, while the history is too short.", nullable=True
    )
    low = vocabulary.low
    high = vocabulary.high
    score = Number("Deviation from the expected value, in units of the usual deviation.", nullable=True)
    is_anomaly = Flag("Whether the value is an anomaly; false while the history is too short.")
    sentence = Text("The anomaly, in a sentence; empty where there is none.", nullable=True)

    needs = ("orders.ordered_at",)
    rules = (
        Rule(
            "bounds_hold_what_is_expected", "low <= expected AND expected <= high", "The expected value lies within its bounds."
        ),
        Rule("told_where_it_stands_out", "is_anomaly = (sentence IS NOT NULL)", "Every anomaly has a sentence."),
        Rule("nothing_stands_out", "NOT is_anomaly", "No month deviates from the shop's own history.", severity="warn"),
        Rule(
            "stands_out_beyond_the_bounds",
            "(expected IS NULL) = (low IS NULL) AND (expected IS NULL) = (high IS NULL) AND (expected IS NULL) = (score IS NULL)"
            " AND coalesce(CASE WHEN is_anomaly THEN value <= low + 0.000001 OR value >= high - 0.000001"
            " ELSE value >= low - 0.000001 AND value <= high + 0.000001 END, NOT is_anomaly)",
            "A month is an anomaly if and only if its value lies outside the bounds.",
        ),
    )
