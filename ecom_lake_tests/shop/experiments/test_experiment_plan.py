"""What a shop can test and how long it takes: hand-computed values, formulas, and refusals."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest

from ecom_lake.engine.contracts.fitted import Past
from ecom_lake.shop.experiments.experiment_plan_model import money_plan, plan
from ecom_lake.shop.experiments.groups import Group
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.power import people_for_shares, whole
from ecom_lake_tests.builders.experiment_shop import TABLES, Purchase, busy, card, shop
from ecom_lake_tests.builders.gold_table import make


@pytest.mark.parametrize(
    ("people", "join", "days", "testable"), [(8_000, 10.0, 90, True), (0, 10.0, None, False), (0, 100.0, None, True)]
)
def test_days_last_until_enough_customers_have_joined_and_been_observed(
    people: int, join: float, days: int | None, testable: bool
) -> None:
    group = Group("g", people, join, 2_000, 100, 80, 30)
    found = plan(group, 0.5, MiningSettings())
    n = whole(people_for_shares(0.05, 0.075))
    assert found.n_per_arm == n
    assert found.days_needed == (days or 90 + -(-2 * n // int(join)))
    assert found.testable is testable
    assert found.reason.startswith("Not testable") is not testable


def test_orders_that_cost_nothing_cannot_be_planned_for_money() -> None:
    found = money_plan(Group("g", 8_000, 10.0, 2_000, 100, 0.0, 0.0), 0.5, MiningSettings())
    assert (found.testable, found.days_needed, found.power) == (False, None, 0.0)
    assert "cost nothing" in found.reason


def test_without_new_participants_an_experiment_never_ends() -> None:
    found = plan(Group("g", 100, 0.0, 2_000, 100, 80, 30), 0.1, MiningSettings())
    assert (found.days_needed, found.testable) == (None, False)
    assert "no customers join the group" in found.reason


def test_reruns_and_row_order_do_not_change_the_plan(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    first, again, shuffled = (tmp_path / name for name in ("first", "again", "shuffled"))
    for folder in (first, again, shuffled):
        folder.mkdir()
    shop(con, busy())
    for table in TABLES:
        assert not make(con, table, first).is_empty()
        make(con, table, again, past=Past(pl.read_parquet(first / f"{table}_fit.parquet")))
        assert card(con, table)["status"] == "published"
    assert "not measured" in card(con, "experiment_simulation")["reason"]
    shop(con, busy()[::-1])
    con.execute("set threads = 1")
    for table in TABLES:
        make(con, table, shuffled)
        for made in (table, f"{table}_fit"):
            assert len({(folder / f"{made}.parquet").read_bytes() for folder in (first, again, shuffled)}) == 1


@pytest.mark.parametrize(
    "purchases", [[], [("a", 20, 10.0)], busy(60), busy(4_000, again=0.0)], ids=["nobody", "one", "60 people", "nobody again"]
)
def test_a_shop_too_small_gets_no_plan(con: duckdb.DuckDBPyConnection, tmp_path: Path, purchases: list[Purchase]) -> None:
    shop(con, purchases)
    for table in TABLES:
        assert make(con, table, tmp_path).is_empty()
        assert card(con, table)["status"] == "refused"
        assert "No" in card(con, table)["reason"]
