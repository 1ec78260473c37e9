"""What this shop could test, and what a discount would bring by what is assumed: by hand, by formula, and refusals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

from ecom_lake.engine.contracts.fitted import Past
from ecom_lake.shop.experiments.experiment_plan_model import plan
from ecom_lake.shop.experiments.experiment_simulation_model import Scenario, simulate
from ecom_lake.shop.experiments.groups import Group, groups
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.power import people_for_shares, whole
from ecom_lake_tests.builders.gold_table import make

AS_OF = date(2018, 6, 30)
TABLES = ("experiment_plan", "experiment_simulation")
Purchase = tuple[str, int, float]
"""Who, how many days before the as-of date, for how much."""


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        yield con


def shop(con: duckdb.DuckDBPyConnection, purchases: list[Purchase], cost: float | None = None) -> None:
    """With `active` up to 60 days and `at risk` up to 120."""
    kinds = {"customer_id": pl.String, "ago": pl.Int64, "net_sales": pl.Float64}
    orders = pl.DataFrame(purchases, kinds, orient="row").with_columns(
        order_date=pl.lit(AS_OF) - pl.duration(days="ago"),
        net_sales=pl.col("net_sales").cast(pl.Decimal(18, 2)),
        is_valid=pl.lit(True),
        costed_sales=pl.col("net_sales").cast(pl.Decimal(18, 2)) if cost is not None else pl.lit(0).cast(pl.Decimal(18, 2)),
        cogs=(pl.col("net_sales") * (cost or 0)).cast(pl.Decimal(18, 2)) if cost is not None else pl.lit(None, pl.Decimal(18, 2)),
    )
    recency = pl.col("ago").min().alias("recency_days")
    status = pl.when(pl.col("recency_days") <= 60).then(pl.lit("active")).when(pl.col("recency_days") <= 120)
    people = orders.group_by("customer_id").agg(recency).with_columns(
        activity_status=status.then(pl.lit("at risk")).otherwise(pl.lit("lapsed"))
    )  # fmt: skip
    today = pl.DataFrame({"date": [AS_OF], "is_as_of": [True]})
    for name, frame in (("fct_orders", orders), ("customer_metrics", people), ("dim_date", today)):
        con.execute(f"drop table if exists {name}")
        con.register("frame", frame.to_arrow())
        con.execute(f"create table {name} as select * from frame")
        con.unregister("frame")


EDGES: list[Purchase] = [("at 60", 60, 1), ("at 120", 120, 1)]
"""People who show where the bounds are."""


@pytest.mark.parametrize(
    ("purchases", "group", "watched", "back"),
    [
        ([("a", 91, 9)], "active, one purchase", 1, 0),
        ([("a", 90, 9)], "active, one purchase", 1, 0),
        ([("a", 89, 9)], "active, one purchase", 0, 0),
        ([("a", 150, 9), ("a", 10, 9)], "active, one purchase", 1, 1),
        ([("a", 151, 9), ("a", 10, 9)], "at risk, one purchase", 1, 1),
        ([("a", 210, 9)], "at risk, one purchase", 1, 0),
        ([("a", 211, 9)], "lapsed, one purchase", 1, 0),
        ([("a", 210, 9), ("a", 90, 9), ("a", 1, 9)], "active, several purchases", 1, 1),
        ([("a", 300, 9), ("a", 300, 9), ("a", 89, 9)], "lapsed, one purchase", 1, 1),
        ([("a", 300, 9), ("a", -1, 9)], "lapsed, one purchase", 1, 0),
    ],
)
def test_who_was_in_a_group_and_bought_since(
    con: duckdb.DuckDBPyConnection, purchases: list[Purchase], group: str, watched: int, back: int
) -> None:
    shop(con, EDGES)
    edges = {one.name: (one.observed, one.ordered) for one in groups(con, 90)}
    shop(con, [*EDGES, *purchases])
    found = {one.name: (one.observed, one.ordered) for one in groups(con, 90)}
    before = edges.get(group, (0, 0))
    now = found.get(group, (0, 0))
    assert (now[0] - before[0], now[1] - before[1]) == (watched, back)


def test_new_customers_are_those_whose_second_purchase_can_be_seen(con: duckdb.DuckDBPyConnection) -> None:
    shop(con, [*EDGES, ("a", 170, 9), ("a", 80, 30), ("b", 170, 9), ("b", 79, 30), ("c", 181, 9), ("d", 5, 9)])
    new = next(one for one in groups(con, 90) if one.name == "new customers")
    assert (new.observed, new.ordered, new.order_value) == (3, 1, 30)  # a, b and the person at 120; a in time
    assert new.join_per_day == pytest.approx(2 / 90)  # d and the person at 60


STOCK = Group(
    "at risk, one purchase",
    people=8_000,
    join_per_day=10.0,
    observed=2_000,
    ordered=100,
    order_value=80,
    order_value_deviation=30,
)


@pytest.mark.parametrize(
    ("people", "join", "days", "testable"), [(8_000, 10.0, 90, True), (0, 10.0, None, False), (0, 100.0, None, True)]
)
def test_days_are_those_until_enough_have_come_and_been_watched(
    people: int, join: float, days: int | None, testable: bool
) -> None:
    group = Group("g", people, join, 2_000, 100, 80, 30)
    found = plan(group, 0.5, MiningSettings())
    n = whole(people_for_shares(0.05, 0.075))
    assert found.n_per_arm == n
    assert found.days_needed == (days or 90 + -(-2 * n // int(join)))
    assert found.testable is testable
    assert found.reason.startswith("Not testable") is not testable


def test_where_nobody_joins_it_never_ends() -> None:
    found = plan(Group("g", 100, 0.0, 2_000, 100, 80, 30), 0.1, MiningSettings())
    assert (found.days_needed, found.testable) == (None, False)
    assert "no customers join the group" in found.reason


def test_the_order_value_and_its_deviation_are_those_of_the_next_purchase(con: duckdb.DuckDBPyConnection) -> None:
    """Of three customers who order after the period began, the next purchases are 10.01, 20.02 and 60.06."""
    again: list[Purchase] = [("a", 150, 1), ("a", 20, 10.01), ("a", 10, 500), ("b", 150, 1), ("b", 30, 20.02)]
    shop(con, [*EDGES, *again, ("c", 150, 1), ("c", 89, 60.06), ("d", 150, 1)])
    active = next(one for one in groups(con, 90) if one.name == "active, one purchase")
    assert (active.observed, active.ordered) == (5, 3)  # and the person at 120, who was active then
    assert active.order_value == pytest.approx(np.mean([10.01, 20.02, 60.06]), abs=1e-6)
    assert active.order_value_deviation == pytest.approx(np.std([10.01, 20.02, 60.06], ddof=1), abs=1e-6)


def test_the_simulation_by_hand() -> None:
    """8,000 people of whom 5% buy for 80: 400 purchases. A quarter more of them at 30% - 10%, less 10% of half of the 400."""
    [row] = simulate([Scenario(STOCK, 0.1, 0.25, 0.5, 0.3)], False, seed=0)
    assert row["incremental_orders"] == 100
    assert row["incremental_margin"] == 100 * 80 * 0.2 - 200 * 80 * 0.1 == 0
    assert row["break_even_uplift"] == 0.25
    assert isinstance(row["low"], float) and isinstance(row["high"], float)
    assert row["low"] < 0 < row["high"]


def test_a_discount_as_large_as_the_margin_never_pays() -> None:
    [row] = simulate([Scenario(STOCK, 0.3, 0.5, 0.5, 0.3)], False, seed=0)
    assert row["break_even_uplift"] is None
    assert row["incremental_margin"] == -0.3 * 0.5 * 400 * 80


def test_simulated_outcomes_hold_what_a_shop_that_is_as_assumed_brings() -> None:
    """Shops whose people do what the scenario assumes: their outcome lies in the interval about as often as promised."""
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


def busy(people: int = 4_000, again: float = 0.2) -> list[Purchase]:
    rng = np.random.default_rng(6)
    made: list[Purchase] = []
    for i in range(people):
        first = int(rng.integers(1, 400))
        made.append((f"p{i}", first, float(rng.integers(20, 200))))
        if rng.random() < again:
            made.append((f"p{i}", int(rng.integers(0, first)), float(rng.integers(20, 200))))
    return made


def card(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, Any]:
    return dict(con.execute(f"select name, said from {table}_fit where kind = 'card'").fetchall())


def test_again_and_in_another_order_it_is_the_same(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    first, again, shuffled = (tmp_path / name for name in ("first", "again", "shuffled"))
    for folder in (first, again, shuffled):
        folder.mkdir()
    shop(con, busy())
    for table in TABLES:
        assert not make(con, table, first).is_empty()
        make(con, table, again, past=Past(pl.read_parquet(first / f"{table}_fit.parquet")))
        assert card(con, table)["status"] == "published"
    assert "not measured effects" in card(con, "experiment_simulation")["reason"]
    shop(con, busy()[::-1])
    con.execute("set threads = 1")
    for table in TABLES:
        make(con, table, shuffled)
        for made in (table, f"{table}_fit"):
            assert len({(folder / f"{made}.parquet").read_bytes() for folder in (first, again, shuffled)}) == 1


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
def test_the_margin_is_measured_where_it_can_be(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, cost: float | None, source: str, margins: list[float]
) -> None:
    shop(con, busy(), cost)
    make(con, "experiment_plan", tmp_path)
    found = make(con, "experiment_simulation", tmp_path)
    assert found["margin_source"].unique().to_list() == [source]
    assert sorted(found["margin"].unique().to_list()) == margins


@pytest.mark.parametrize(
    "purchases", [[], [("a", 20, 10.0)], busy(60), busy(4_000, again=0.0)], ids=["nobody", "one", "60 people", "nobody again"]
)
def test_they_refuse(con: duckdb.DuckDBPyConnection, tmp_path: Path, purchases: list[Purchase]) -> None:
    shop(con, purchases)
    for table in TABLES:
        assert make(con, table, tmp_path).is_empty()
        assert card(con, table)["status"] == "refused"
        assert "No" in card(con, table)["reason"]
