from __future__ import annotations

from ecom_lake.engine.contracts.columns import Flag, Key, Month, Number, Text
from ecom_lake.engine.contracts.table import Gold, Rule

KINDS = ("volume", "freshness", "null_share", "category_share", "distribution")


class Anomalies(Gold, group="trust"):
    """One row per month, column and measure: what the measure is, and what the shop's own earlier months let expect."""

    month = Month("The month, complete, in which orders were placed.", key=True)
    table_name = Key("The silver table that is measured.")
    column_name = Key("The column; `*` where rows are counted.")
    kind = Key("What is watched.", one_of=KINDS)
    measure = Key("What is measured: rows, rows per order, quiet days, share of NULL or of a value, median or p95.")
    value = Number("The measure in this month.", at_least=0)
    expected = Number("What it should be; NULL, as all below, while there is too little history to tell.", nullable=True)
    low = Number("Least value that does not stand out.", nullable=True)
    high = Number("Greatest value that does not stand out.", nullable=True)
    score = Number("Distance from what was expected, in units of what is usual.", nullable=True)
    is_anomaly = Flag("Whether it stands out; false while there is too little history.")
    sentence = Text("The same in a sentence, where it stands out.", nullable=True)

    needs = ("orders.ordered_at",)
    rules = (
        Rule("bounds_hold_what_is_expected", "low <= expected AND expected <= high", "What is expected lies within the bounds."),
        Rule("told_where_it_stands_out", "is_anomaly = (sentence IS NOT NULL)", "Whatever stands out has its sentence."),
        Rule("nothing_stands_out", "NOT is_anomaly", "No month stands out from the shop's own history.", severity="warn"),
        Rule(
            "stands_out_beyond_the_bounds",
            "(expected IS NULL) = (low IS NULL) AND (expected IS NULL) = (high IS NULL) AND (expected IS NULL) = (score IS NULL)"
            " AND coalesce(CASE WHEN is_anomaly THEN value <= low + 0.000001 OR value >= high - 0.000001"
            " ELSE value >= low - 0.000001 AND value <= high + 0.000001 END, NOT is_anomaly)",
            "A month stands out when its measure lies beyond the bounds, and not without them.",
        ),
    )
