"""Effects of late deliveries and low scores on repeat purchases: planted effects are found, and other shops get none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

from ecom_lake.engine.contracts.fitted import Past
from ecom_lake.engine.contracts.gate import decide
from ecom_lake.shop.delivery_effect.first_deliveries import LATE, LOW_REVIEW, observed, prepare
from ecom_lake.shop.delivery_effect.gates import comparability
from ecom_lake.shop.delivery_effect.wording import not_comparable
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.factor_regression import Design
from ecom_lake.statistics.intervals import Estimate
from ecom_lake.statistics.weighted_effect import Effect, Matched, People
from ecom_lake.synth.options import SynthOptions
from ecom_lake_tests.builders.gold_table import make
from ecom_lake_tests.shop.delivery_effect.planted_lateness import Found, found_in

BUSY: dict[str, Any] = {"orders": 14_000, "repeat_share": 0.3, "late_share": 0.25, "broken": 0, "corrections": 0}
AS_OF = date(2018, 6, 30)


@pytest.fixture(scope="module", params=[0.5, 0.0], ids=["half as many order again", "as many order again"])
def planted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[float, Found]:
    drop: float = request.param
    return drop, found_in(tmp_path_factory.mktemp("late"), SynthOptions(seed=5, late_return_drop=drop, **BUSY))


@pytest.mark.parametrize("days", [90, 180])
def test_the_planted_effect_is_in_the_interval(planted: tuple[float, Found], days: int) -> None:
    drop, found = planted
    late = found.of("late_delivery", days)
    assert late["rr_low"] <= 1 - drop <= late["rr_high"]
    assert late["ci_low"] <= -drop * late["rate_unexposed"] <= late["ci_high"]
    assert (late["ci_low"] <= 0 <= late["ci_high"]) == (drop == 0)
    assert ("not significant" in late["wording"]) == (drop == 0)
    assert "association" in late["wording"] or drop == 0


def test_the_sentence_states_the_estimate(planted: tuple[float, Found]) -> None:
    for row in planted[1].rows.iter_rows(named=True):
        assert f"{row['n_exposed']:,}" in row["wording"]
        assert row["wording"].startswith(f"{row['rate_exposed']:.2%} of {row['n_exposed']:,} customers")
        assert f"ordered again within {row['days']} days" in row["wording"]
        assert "caus" not in row["wording"].lower()
        assert "reduc" not in row["wording"].lower()


def test_a_score_has_no_effect_of_its_own_here(planted: tuple[float, Found]) -> None:
    """The planted effect is that of lateness: among equally late deliveries, customers with low scores reorder as often."""
    low = planted[1].of("low_review", 180)
    assert abs(low["adjusted_rd"]) < low["ci_high"] - low["ci_low"]  # four standard errors
    assert low["ci_low"] > -0.1  # a planted half would be 0.15 of the 0.3 who order again


# --------------------------------------------------------------------------------------------------------- by hand

ORDER: dict[str, pl.DataType | type[pl.DataType]] = {
    "order_id": pl.String,
    "customer_id": pl.String,
    "order_date": pl.Date,
    "ordered_at": pl.Datetime("us"),
    "month": pl.Date,
    "status": pl.String,
    "is_valid": pl.Boolean,
    "is_late": pl.Boolean,
    "delay_days": pl.Int64,
    "delivered_date": pl.Date,
    "state": pl.String,
    "net_sales": pl.Float64,
    "freight": pl.Float64,
    "items": pl.Int64,
    "instalments": pl.Int64,
}


def order(person: str, day: date, lead: int = 5, late: bool | None = False, **other: Any) -> dict[str, Any]:
    """An order delivered after `lead` days, unless `other` changes it."""
    return {
        "order_id": f"{person} {day}",
        "customer_id": person,
        "order_date": day,
        "ordered_at": datetime.combine(day, datetime.min.time()),
        "month": day.replace(day=1),
        "status": "delivered",
        "is_valid": True,
        "is_late": late,
        "delay_days": 1 if late else -1,
        "delivered_date": day + timedelta(lead),
        "state": "SP",
        "net_sales": 50.0,
        "freight": 10.0,
        "items": 1,
        "instalments": 1,
        **other,
    }


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        yield con


Review = tuple[str, float, datetime]


def shop(con: duckdb.DuckDBPyConnection, orders: list[dict[str, Any]], reviews: Sequence[Review] = ()) -> None:
    rows = pl.DataFrame(orders, ORDER)
    lines = rows.select(
        *("order_id", "customer_id", "order_date", "is_valid", "net_sales"),
        line=pl.lit(1),
        category=pl.lit("toys"),
        seller_id=pl.lit("s1"),
    )
    kinds: dict[str, pl.DataType | type[pl.DataType]] = {
        "order_id": pl.String,
        "score": pl.Float64,
        "answered_at": pl.Datetime("us"),
    }
    answers = pl.DataFrame(list(reviews), kinds, orient="row").with_columns(
        is_score_imputed=pl.lit(False), created_at="answered_at", review_id=pl.concat_str("order_id", pl.lit("-r"))
    )
    sellers = pl.DataFrame({"seller_id": ["s1"], "state": ["SP"]})
    period = pl.DataFrame({"as_of": [AS_OF]})
    for name, frame in (
        ("fct_orders", rows), ("fct_sales", lines), ("reviews", answers), ("dim_seller", sellers), ("reporting_period", period)
    ):  # fmt: skip
        con.execute(f"drop table if exists {name}")
        con.register("frame", frame.to_arrow())
        con.execute(f"create table {name} as select * from frame")
        con.unregister("frame")


START = date(2018, 1, 1)


@pytest.mark.parametrize(
    ("why", "orders", "counted"),
    [
        ("once", [order("a", START)], (1, 0)),
        ("again within the days", [order("a", START), order("a", START + timedelta(60))], (1, 1)),
        ("on the last day", [order("a", START), order("a", START + timedelta(5 + 90))], (1, 1)),
        ("a day after it", [order("a", START), order("a", START + timedelta(5 + 91))], (1, 0)),
        ("on the day of delivery", [order("a", START), order("a", START + timedelta(5))], (1, 0)),
        ("on the same day", [order("a", START), order("a", START, order_id="b")], (1, 0)),
        ("canceled", [order("a", START), order("a", START + timedelta(60), is_valid=False, status="canceled")], (1, 0)),
        ("watched too short", [order("a", AS_OF - timedelta(94))], (0, 0)),
        ("observed just long enough", [order("a", AS_OF - timedelta(95))], (1, 0)),
        ("never promised", [order("a", START, late=None)], (0, 0)),
        ("never delivered", [order("a", START, status="shipped", delivered_date=None, late=None)], (0, 0)),
        (
            "the first delivery",
            [order("a", START, status="shipped", delivered_date=None), order("a", START + timedelta(9))],
            (1, 0),
        ),
        ("after the as-of date", [order("a", START), order("a", AS_OF + timedelta(1))], (1, 0)),
    ],
)  # fmt: skip
def test_a_first_order_is_counted_if_its_follow_up_is_complete(
    con: duckdb.DuckDBPyConnection, why: str, orders: list[dict[str, Any]], counted: tuple[int, int]
) -> None:
    shop(con, orders)
    prepare(con)
    found = observed(con, LATE, 90)
    assert (found.count(False), found.count_reordered(False)) == counted, why
    assert found.count(True) == 0


@pytest.mark.parametrize(
    ("why", "answered", "again", "counted"),
    [
        ("after the delivery", 6, None, 1),
        ("on the day of the delivery", 5, None, 0),
        ("before it", 2, None, 0),
        ("before the second order", 6, 20, 1),
        ("after the second order", 21, 20, 0),
        ("on the day of the second order", 20, 20, 0),
    ],
)
def test_a_review_counts_if_answered_before_the_second_order(
    con: duckdb.DuckDBPyConnection, why: str, answered: int, again: int | None, counted: int
) -> None:
    orders = [order("a", START), *([order("a", START + timedelta(again))] if again else [])]
    shop(con, orders, [(f"a {START}", 2.0, datetime(2018, 1, 1, 23) + timedelta(answered))])
    prepare(con)
    found = observed(con, LOW_REVIEW, 90)
    assert (found.count(True), found.count(False)) == (counted, 0), why


def people(n: int, back: float, late: float, seed: int = 1) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    made = []
    for i in range(n):
        day = date(2017, 3, 1) + timedelta(int(rng.integers(0, 180)))
        state, price = rng.choice(["SP", "RJ", "BA"]), float(rng.lognormal(4, 0.5))
        made.append(order(f"p{i}", day, late=bool(rng.random() < late), state=state, net_sales=price, instalments=1 + i % 3))
        if rng.random() < back:
            made.append(order(f"p{i}", day + timedelta(int(rng.integers(10, 80))), state=state))
    return made


@pytest.mark.parametrize(
    ("orders", "says"),
    [
        ([], "Only 0 customers whose first order was delivered late"),
        (people(60, 0.3, 0.3), "at least 200 are required"),
        (people(1_500, 0.0, 0.3), "ordered again within 180 days"),
        (people(1_500, 0.1, 0.0), "Only 0 customers whose first order was delivered late"),
        (people(1_500, 0.1, 1.0), "Only 0 customers whose first order was delivered on time"),
    ],
    ids=["no orders", "60 people", "nobody came back", "never late", "always late"],
)
def test_a_shop_without_enough_data_gets_no_estimate(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, orders: list[dict[str, Any]], says: str
) -> None:
    shop(con, orders)
    assert make(con, "delivery_effect", tmp_path).is_empty()
    card = dict(con.execute("select name, said from delivery_effect_fit where kind = 'card'").fetchall())
    assert card["status"] == "refused"
    assert says in card["reason"]


def test_there_is_no_estimate_where_the_placebo_differs(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    orders = [one | {"instalments": 1 + one["is_late"]} for one in people(2_000, 0.2, 0.4)]
    shop(con, orders)
    assert make(con, "delivery_effect", tmp_path).is_empty()
    [(reason,)] = con.execute("select said from delivery_effect_fit where name = 'reason'").fetchall()
    assert "unrecorded difference between the groups may explain" in reason


@pytest.mark.parametrize(("back", "is_refused"), [(-0.014, False), (-0.002, True), (0.0, True)])
def test_a_placebo_counts_only_if_it_can_explain_the_difference(back: float, is_refused: bool) -> None:
    """0.6 points at a rate of 50% are 0.012 standard deviations, which are 0.2 points at a repeat purchase rate of 3%."""
    alike = Matched(People(Design([], 1), np.ones(1), np.ones(1)), np.ones(1), np.ones(1), 1.0, {}, {}, np.ones(1))
    found = Effect(back, Estimate(back, back - 0.001, back + 0.001), 0.03 + back, 0.03)
    placebo = Effect(0.006, Estimate(0.006, 0.002, 0.010), 0.506, 0.5)
    gates, strict = (comparability(alike, found, placebo, alpha, "it") for alpha in (0.05, 0.001))
    assert decide(*gates.all).is_published is not is_refused
    assert (not_comparable(LATE, alike, placebo, gates) is not None) == is_refused
    assert decide(*strict.all).is_published
    assert not_comparable(LATE, alike, placebo, strict) is None


def test_there_is_no_estimate_without_comparable_customers(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """In BA every order is late, and elsewhere almost none."""
    orders = [one | {"is_late": one["state"] == "BA" or one["customer_id"].endswith("77")} for one in people(3_000, 0.2, 0.4)]
    shop(con, orders)
    assert make(con, "delivery_effect", tmp_path).is_empty()
    [(reason,)] = con.execute("select said from delivery_effect_fit where name = 'reason'").fetchall()
    assert "no comparable customers" in reason


def test_reruns_and_row_order_do_not_change_the_result(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    orders = people(2_500, 0.2, 0.3)
    shop(con, orders)
    first, again, shuffled = (tmp_path / name for name in ("first", "again", "shuffled"))
    for folder in (first, again, shuffled):
        folder.mkdir()
    rows = make(con, "delivery_effect", first)
    fit = pl.read_parquet(first / "delivery_effect_fit.parquet")
    assert rows.height == 2
    make(con, "delivery_effect", again, past=Past(fit))
    shop(con, orders[::-1])
    con.execute("set threads = 1")
    make(con, "delivery_effect", shuffled)
    for table in ("delivery_effect", "delivery_effect_fit"):
        assert len({(folder / f"{table}.parquet").read_bytes() for folder in (first, again, shuffled)}) == 1


def test_identical_customers_are_compared_without_adjustment(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """One state, one month, one price: nothing to adjust for, and random lateness has no effect."""
    alike = {"month": date(2017, 3, 1), "state": "SP", "net_sales": 50.0}
    shop(con, [one | alike for one in people(2_500, 0.2, 0.3)])
    for row in make(con, "delivery_effect", tmp_path).iter_rows(named=True):
        assert row["adjusted_rd"] == pytest.approx(row["crude_rd"], abs=1e-5)
        assert row["ci_low"] <= 0 <= row["ci_high"]
        assert "not significant" in row["wording"]


def test_three_months_are_too_few(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    recent = [one | {"delivered_date": AS_OF - timedelta(80)} for one in people(2_500, 0.2, 0.3)]
    shop(con, recent)
    assert make(con, "delivery_effect", tmp_path).is_empty()


def test_equal_horizons_give_one_row(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    shop(con, people(2_500, 0.2, 0.3))
    assert make(con, "delivery_effect", tmp_path, MiningSettings(effect_days=90))["days"].to_list() == [90]
