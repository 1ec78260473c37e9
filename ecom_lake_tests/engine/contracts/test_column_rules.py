"""The rules of a column are defined once and give the same result in Polars and DuckDB."""

from __future__ import annotations

import duckdb
import polars as pl

from ecom_lake.engine.contracts.column_rules import derived_rules
from ecom_lake.engine.contracts.columns import Date, Integer, Key, Money, Month, Number, Share, Text
from ecom_lake.engine.contracts.table import Silver


class Things(Silver):
    """One row per thing."""

    thing = Key("Its name.", personal=False)
    month = Month("Its month.")
    day = Date("Its day.", nullable=True)
    mood = Text("Its mood.", nullable=True, one_of=("good", "could've been better"), personal=False)
    cost = Money("Its cost.", at_least=0)
    change = Number("Its change.", nullable=True, at_least=-0.5)
    share = Share("Its share.", nullable=True)
    size = Integer("Its size.", nullable=True, at_least=1, at_most=9)


def test_rules_are_in_column_order_with_the_most_basic_rule_first() -> None:
    assert [rule.name for rule in derived_rules(Things.table)] == [
        "thing_missing",
        "month_missing",
        "month_not_first_of_month",
        "mood_not_one_of",
        "cost_missing",
        "cost_out_of_range",
        "change_not_finite",
        "change_out_of_range",
        "share_not_finite",
        "share_out_of_range",
        "size_out_of_range",
        "source_sequence_missing",
        "source_sequence_out_of_range",
        "source_record_missing",
        "source_record_out_of_range",
    ]


def test_the_meaning_of_a_rule_states_its_bounds() -> None:
    meanings = {rule.name: rule.meaning for rule in derived_rules(Things.table)}
    assert meanings["size_out_of_range"] == "size is at least 1 and at most 9."
    assert meanings["mood_not_one_of"] == "mood is one of good, could've been better."
    assert all(meanings.values())


def test_polars_and_duckdb_pass_the_same_rows() -> None:
    rows = pl.DataFrame(
        {
            "thing": ["a", None, "c", "d", "e"],
            "month": ["2017-01-01", "2017-01-02", None, "2017-12-31", "2018-02-01"],
            "day": [None] * 5,
            "mood": ["good", "could've been better", "bad", None, ""],
            "cost": ["0.00", "-0.01", None, "1.00", "2.00"],
            "change": [-0.5, float("nan"), float("inf"), None, -0.51],
            "share": [0.0, 1.0, 1.01, float("-inf"), -0.01],
            "size": [1, 9, 0, 10, None],
            "source_sequence": [1, 0, None, 1, 1],
            "source_record": [1, 2, 3, -1, 1],
        }
    ).with_columns(pl.col("month").str.to_date(), pl.col("day").cast(pl.Date), pl.col("cost").cast(pl.Decimal(18, 2)))
    expected = {
        "thing_missing": [1, 0, 1, 1, 1],
        "month_missing": [1, 1, 0, 1, 1],
        "month_not_first_of_month": [1, 0, None, 0, 1],
        "mood_not_one_of": [1, 1, 0, None, 0],
        "cost_missing": [1, 1, 0, 1, 1],
        "cost_out_of_range": [1, 0, None, 1, 1],
        "change_not_finite": [1, 0, 0, None, 1],
        "change_out_of_range": [1, 1, 1, None, 0],
        "share_not_finite": [1, 1, 1, 0, 1],
        "share_out_of_range": [1, 1, 0, 0, 0],
        "size_out_of_range": [1, 1, 0, 0, None],
        "source_sequence_missing": [1, 1, 0, 1, 1],
        "source_sequence_out_of_range": [1, 0, None, 1, 1],
        "source_record_missing": [1, 1, 1, 1, 1],
        "source_record_out_of_range": [1, 1, 1, 0, 1],
    }
    rules = derived_rules(Things.table)
    by_polars = rows.select(pl.sql_expr(rule.holds).cast(pl.Int8).alias(rule.name) for rule in rules)
    with duckdb.connect() as con:
        con.register("things", rows.to_arrow())
        answers = con.execute(f"select {', '.join(f'({rule.holds})::int' for rule in rules)} from things").fetchall()
    assert by_polars.to_dict(as_series=False) == expected
    assert {rule.name: [row[n] for row in answers] for n, rule in enumerate(rules)} == expected
