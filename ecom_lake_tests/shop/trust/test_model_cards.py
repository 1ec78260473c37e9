"""The cards of all models: a row that does not pass the gate is refused, however it was written."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, cast

import duckdb
import polars as pl
import pytest

from ecom_lake.engine.build.gold.table_file import write
from ecom_lake.engine.build.sql.on_duckdb import OnDuckDB
from ecom_lake.engine.build.step.audit import audit
from ecom_lake.engine.contracts.fitted import Fitted, Past, fit_rows
from ecom_lake.engine.contracts.gate import Direction, Requirement, decide
from ecom_lake.engine.contracts.model_fit import CARD, DIRECTIONS, REQUIREMENTS
from ecom_lake.shop.churn.churn_fit import ChurnFit
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.shop.trust.model_cards import ModelCards
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.model_fits import register_fits
from ecom_lake_tests.builders.verdicts import LIFT, card


def published_row(**changes: object) -> pl.DataFrame:
    """A row of model_cards from `build`, changed afterwards without the checks of its class."""
    rows = fit_rows(Fitted({}, card(decide(LIFT))), Past(), 1, MiningSettings())
    with duckdb.connect() as con:
        register_fits(con, ChurnFit.table.name, rows)
        made: pl.DataFrame = con.sql(str(catalog.recipe("model_cards").sql)).pl()
    return made.with_columns(pl.lit(value, made.schema[name]).alias(name) for name, value in changes.items())


def failed_rules(rows: pl.DataFrame, folder: Path) -> set[str]:
    with duckdb.connect() as con:
        write(con, rows, ModelCards.table, folder / "model_cards.parquet")
        failed, checks = audit(OnDuckDB(con), ModelCards.table, folder / "model_cards.parquet")
    assert bool(failed) == any(check.blocks for check in checks)
    return set(failed)


NOTHING = dict.fromkeys(
    [
        "champion",
        "candidate",
        "metric",
        "direction",
        "requirement",
        "margin",
        "value",
        "low",
        "high",
        "baseline",
        "baseline_value",
        "difference_low",
        "difference_high",
    ]
)
BOTH = {"published_has_a_gate", "published_passes_its_gate"}
NO_GATE, NOT_PASSED = {"published_has_a_gate"}, {"published_passes_its_gate"}


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({}, set()),
        ({**NOTHING, "reason": "Trust me, it works."}, BOTH),
        ({**NOTHING, "status": "refused"}, set()),
        ({"champion": None}, NO_GATE),
        ({"candidate": None}, NO_GATE),
        ({"champion": "another"}, NO_GATE),
        ({"baseline": ""}, NO_GATE),
        ({"metric": None}, NO_GATE),
        ({"low": None, "high": None}, NO_GATE),
        ({"difference_low": None, "difference_high": None}, BOTH),
        ({"baseline_value": None}, BOTH),
        ({"direction": "lower"}, NOT_PASSED),
        ({"baseline_value": 2.0}, NOT_PASSED),
        ({"difference_low": 0.0}, NOT_PASSED),
        ({"margin": 0.3}, NOT_PASSED),
        ({"requirement": None}, NOT_PASSED),
        ({"status": "baseline", "champion": "recency", "baseline_value": 2.0}, set()),
    ],
)
def test_a_row_written_without_the_class_fails_the_audit(changes: dict[str, Any], broken: set[str], tmp_path: Path) -> None:
    assert failed_rules(published_row(**changes), tmp_path) == broken


def test_the_rule_of_the_table_agrees_with_the_gate() -> None:
    """For values around the tie, intervals on both sides, and every direction and requirement."""
    numbers = (-0.1, 0.0, 0.1)
    gates = [
        replace(
            LIFT,
            direction=cast(Direction, way),
            requirement=cast(Requirement, asked),
            value=v,
            low=v,
            high=v,
            rival_value=0.0,
            margin=margin,
        )
        for way, asked, v, margin in product(DIRECTIONS, REQUIREMENTS, numbers, (0.0, 0.1))
    ]
    gates = [
        replace(of, difference_low=low, difference_high=high)
        for of in gates
        for low in numbers
        for high in numbers
        if low <= high
    ]
    rows = pl.DataFrame([
        {"status": "published", **{name: value for name, value in card(decide(of)).lines.items() if name != "status"}}
        for of in gates
    ])  # fmt: skip
    holds = {rule.name: rule.holds for rule in ModelCards.rules}["published_passes_its_gate"]
    with duckdb.connect() as con:
        con.register("rows", rows.to_arrow())
        by_rule = [row[0] for row in con.execute(f"select {holds} from rows").fetchall()]
    assert by_rule == [of.passes for of in gates]
    assert 0 < sum(by_rule) < len(gates)


@pytest.mark.parametrize(("fit", "counted"), [("churn_fit", (2, 30)), ("sales_forecast_fit", (None, None))])
def test_the_card_of_a_model_of_customers_counts_the_anonymous_orders_up_to_its_day(
    fit: str, counted: tuple[object, ...]
) -> None:
    rows = fit_rows(Fitted({}, card(decide(LIFT))), Past(), 1, MiningSettings())
    [day] = rows.filter(kind=CARD, name="as_of")["said"]
    with duckdb.connect() as con:
        register_fits(con, fit, rows)
        con.execute(f"""
            insert into fct_orders
            select 'o', unnest(['{day}'::date, null, '{day}'::date + 1, '{day}'::date, '{day}'::date]),
                unnest([true, true, true, false, true]), unnest([true, true, true, true, false]), unnest([10, 20, 40, 80, 160])
        """)
        found = con.sql(str(catalog.recipe("model_cards").sql)).pl()
    assert found.select("anonymous_orders", "anonymous_net_sales").rows() == [counted]


def test_the_card_of_a_fit_is_checked_too() -> None:
    """A card is several rows of its fit, so that identities check it, before a release."""
    rows = fit_rows(Fitted({}, card(decide(LIFT))), Past(), 1, MiningSettings())
    trusted = rows.filter((pl.col("kind") != CARD) | pl.col("name").is_in(["status", "reason", "predicts"]))
    for fit, broken in ((rows, set()), (trusted, BOTH)):
        with duckdb.connect() as con:
            con.register("churn_fit", fit.to_arrow())
            found = {one.name for one in ChurnFit.identities if con.execute(one.breaks).fetchall()}
        assert found == broken


def test_every_fit_has_the_identities() -> None:
    for fit in catalog.fits():
        assert {identity.name for identity in catalog.gold()[fit].identities} >= BOTH, fit
