"""Every number that a statement prints is found again where it says; chance is not taken for news; what is weak is said to be."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from ecom_lake.contracts import catalog
from ecom_lake.contracts.mining_settings import MiningSettings
from ecom_lake.duckdb_engine import literal, name
from ecom_lake.models import insights
from ecom_lake.models.insight_rules import RULES
from ecom_lake.models.insight_rules.rule import InsightRule
from ecom_lake.models.insights import written
from ecom_lake.pipeline.recipes import tables_in
from ecom_lake_tests.built import BuiltLake

STATES = 20
NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?%?(?!\w)")


def nothing(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Every table that the rules read, without rows."""
    for table in insights.READS:
        columns = ", ".join(f"null::{c.kind.duckdb} as {name(c.name)}" for c in catalog.gold()[table].columns.values())
        con.execute(f"create table {table} as select {columns} where false")
    return con


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    return nothing(duckdb.connect())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_reads_what_its_query_names(rule: InsightRule) -> None:
    assert rule.reads == tables_in(rule.sql)
    assert rule.column in catalog.gold()[rule.table].columns


def test_a_shop_without_anything_is_told_so(con: duckdb.DuckDBPyConnection) -> None:
    said = insights.build(con, MiningSettings())
    assert len(said) == len(RULES)
    assert set(said["status"]) == {"not enough evidence"}


def a_month(con: duckdb.DuckDBPyConnection, late: list[int], promised: int) -> None:
    con.execute("delete from delivery_performance")
    con.execute("delete from kpi_monthly")
    con.execute("insert into kpi_monthly (month, is_complete, orders, aov) values ('2018-08-01', true, 1000, 50)")
    for state, orders in enumerate(late):
        con.execute(
            "insert into delivery_performance (month, state, late_orders, promised_orders, late_rate)"
            f" values ('2018-08-01', 'S{state}', {orders}, {promised}, {orders / promised})"
        )


def late_states(con: duckdb.DuckDBPyConnection) -> list[str]:
    said = insights.build(con, MiningSettings()).filter(pl.col("insight_id").str.starts_with("late-in-state"), status="shown")
    return said["row_key"].to_list()


def test_a_state_that_is_late_is_found_among_others(con: duckdb.DuckDBPyConnection) -> None:
    a_month(con, [10] * (STATES - 1) + [40], promised=200)
    assert late_states(con) == ["month=2018-08-01, state=S19"]
    said = insights.build(con, MiningSettings()).filter(pl.col("row_key").is_not_null(), status="shown").to_dicts()
    [one] = [row for row in said if row["insight_id"].startswith("late-in-state")]
    assert one["statement"] == "20.0% of 200 orders of August 2018 to S19 came late, more than to the other states."
    assert one["money_at_stake"] == 40 * 50
    assert (one["ci_low"], one["ci_high"]) == pytest.approx((0.15045, 0.26086), abs=1e-4)


def test_chance_is_not_taken_for_news(con: duckdb.DuckDBPyConnection) -> None:
    """Twenty states that are all alike, sixty times over: without the correction most months would have their late state."""
    rng = np.random.default_rng(3)
    fooled = 0
    for _ in range(60):
        a_month(con, rng.binomial(200, 0.08, STATES).tolist(), promised=200)
        fooled += bool(late_states(con))
    assert fooled <= 7  # 60 × 5% and three standard deviations


def test_few_orders_are_no_evidence(con: duckdb.DuckDBPyConnection) -> None:
    a_month(con, [0, 0, 0, 8], promised=10)
    said = insights.build(con, MiningSettings()).filter(pl.col("insight_id").str.starts_with("late-in-state")).to_dicts()
    assert [row["status"] for row in said] == ["not enough evidence"]
    assert "10 only; 30 are needed" in said[0]["caveat"]


def test_an_interval_that_holds_its_rival_is_no_evidence(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "insert into kpi_monthly (month, is_complete, net_sales, orders)"
        " select make_date(2017, i::int, 1), true, 1000, 10 from range(1, 13) as t(i)"
    )
    for low, status in ((900, "not enough evidence"), (1100, "shown")):
        con.execute("delete from sales_forecast")
        con.execute(
            "insert into sales_forecast (series, grain, period, method, step, forecast, low_80, high_80, is_champion)"
            f" values ('total', 'month', '2018-01-01', 'ses', 1, 1200, {low}, 1300, true)"
        )
        said = insights.build(con, MiningSettings()).filter(pl.col("insight_id").str.starts_with("next-month"))
        assert said["status"].to_list() == [status]


def test_every_printed_number_is_found_where_it_says(built_lake: BuiltLake) -> None:
    gold = built_lake.root / "olist" / "gold"
    for said in pl.read_parquet(gold / "insights.parquet").filter(status="shown").to_dicts():
        assert_found(said, gold)


def assert_found(said: dict[str, object], gold: Path) -> None:
    where = " and ".join(
        f"{name(column)}::varchar = {literal(value)}"
        for column, value in (part.split("=", 1) for part in re.split(r", (?=\w+=)", str(said["row_key"])))
    )
    file = literal(str(gold / f"{said['table_name']}.parquet"))
    found = duckdb.sql(f"select {name(str(said['column_name']))}::double from {file} where {where}").fetchall()
    assert found == [(pytest.approx(said["value"]),)]
    rule = next(rule for rule in RULES if str(said["insight_id"]).startswith(f"{rule.id}: "))
    kept = {f"{int(str(said['n'])):,}"}
    kept |= {
        written(float(str(said[column])), rule.unit) for column in ("value", "ci_low", "ci_high") if said[column] is not None
    }
    kept |= {written(float(str(said["money_at_stake"])), "money")} if said["money_at_stake"] is not None else set()
    named = [word.split("=", 1)[1] for word in re.split(r", (?=\w+=)", str(said["row_key"]))]
    sentence = str(said["statement"])
    for word in (word for word in named if re.search("[A-Za-z]", word)):
        sentence = sentence.replace(word, "")
    numbers = {found for found in NUMBER.findall(sentence) if not re.fullmatch(r"20\d\d", found)}
    assert numbers <= kept, (sentence, kept)
