"""The outcome of a discount under stated assumptions: hand-computed values, simulation, and refusals."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from ecom_lake.shop.experiments.experiment_simulation_model import Scenario, simulate
from ecom_lake.shop.experiments.groups import Group
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake_tests.builders.experiment_shop import STOCK, busy, shop
from ecom_lake_tests.builders.gold_table import make


def test_the_outcome_has_the_hand_computed_values() -> None:
    """5% of 8,000 customers order for 80: 400 purchases. A quarter more at a margin of 30% - 10%, less 10% of half of the 400."""
    [row] = simulate([Scenario(STOCK, 0.1, 0.25, 0.5, 0.3)], False, seed=0)
    assert row["incremental_orders"] == 100
    assert row["incremental_margin"] == 100 * 80 * 0.2 - 200 * 80 * 0.1 == 0
    assert row["break_even_uplift"] == 0.25
    assert isinstance(row["low"], float) and isinstance(row["high"], float)
    assert row["low"] < 0 < row["high"]


def test_a_discount_as_large_as_the_margin_is_never_profitable() -> None:
    [row] = simulate([Scenario(STOCK, 0.3, 0.5, 0.5, 0.3)], False, seed=0)
    assert row["break_even_uplift"] is None
    assert row["incremental_margin"] == -0.3 * 0.5 * 400 * 80


def test_the_interval_covers_the_outcome_of_a_shop_as_assumed() -> None:
    """Shops whose customers behave as the scenario assumes: the interval has about its nominal coverage."""
    rng, held = np.random.default_rng(5), 0
    for seed in range(150):
        back = int(rng.binomial(2_000, 0.05))
        group = Group("g", 8_000, 1.0, 2_000, back, 80, 30)
        [row] = simulate([Scenario(group, 0.1, 0.5, 0.5, 0.3)], False, seed)
        anyway, more = rng.binomial(8_000, 0.05), rng.binomial(8_000, 0.025)
        spent, spent_more = (n * 80 + n**0.5 * 30 * rng.standard_normal() for n in (anyway, more))
        outcome = spent_more * 0.2 - spent * 0.05
        held += float(str(row["low"])) <= outcome <= float(str(row["high"]))
    assert held >= 135


def test_money_is_in_whole_cents(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    shop(con, busy())
    make(con, "experiment_plan", tmp_path)
    found = make(con, "experiment_simulation", tmp_path)
    assert {found.schema[name] for name in ("incremental_margin", "low", "high")} == {pl.Decimal(18, 2)}


def test_another_seed_draws_other_bounds(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    shop(con, busy())
    make(con, "experiment_plan", tmp_path)
    one, other = (make(con, "experiment_simulation", tmp_path, MiningSettings(seed=seed)) for seed in (0, 1))
    assert one["incremental_margin"].to_list() == other["incremental_margin"].to_list()
    assert one["low"].to_list() != other["low"].to_list()


@pytest.mark.parametrize(("cost", "source", "margins"), [(0.6, "measured", [0.4]), (None, "assumed", [0.2, 0.3, 0.4])])
def test_the_margin_is_measured_where_costs_are_known(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, cost: float | None, source: str, margins: list[float]
) -> None:
    shop(con, busy(), cost)
    make(con, "experiment_plan", tmp_path)
    found = make(con, "experiment_simulation", tmp_path)
    assert found["margin_source"].unique().to_list() == [source]
    assert sorted(found["margin"].unique().to_list()) == margins
