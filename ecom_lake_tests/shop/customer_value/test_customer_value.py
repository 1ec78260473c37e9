from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from ecom_lake.engine.contracts.fitted import Past
from ecom_lake.shop.customer_value import bg_nbd, gamma_gamma, purchase_histories
from ecom_lake.shop.customer_value.bg_nbd import BG, DAYS_A_WEEK, MBG, Histories
from ecom_lake.shop.customer_value.predicted_value import groups
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.maximum_likelihood import FittedParameters
from ecom_lake_tests.builders.bg_nbd_customers import AS_OF, PLANTED, orders_of, shop
from ecom_lake_tests.builders.gold_table import make

Orders = list[tuple[str, date, float]]
DatelessOrders = list[tuple[str, date | None, float]]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("set preserve_insertion_order = false")
        yield con


def valued(
    con: duckdb.DuckDBPyConnection, folder: Path, settings: MiningSettings | None = None, past: Past | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    made = make(con, "customer_value", folder, settings, past)
    return made, pl.read_parquet(folder / "customer_value_fit.parquet")


def card(fit: pl.DataFrame) -> dict[str, object]:
    rows = fit.filter(kind="card")
    return {row["name"]: row["said"] if row["value"] is None else row["value"] for row in rows.to_dicts()}


def rival(fit: pl.DataFrame, metric: str, name: str) -> dict[str, float]:
    return fit.filter(kind="rival", name=metric, series=name).row(0, named=True)


@pytest.fixture(scope="module")
def planted() -> Orders:
    return orders_of(MBG, 3_000, 1_095, seed=11)


@pytest.fixture(scope="module")
def published(planted: Orders, tmp_path_factory: pytest.TempPathFactory) -> tuple[pl.DataFrame, pl.DataFrame, Path]:
    folder = tmp_path_factory.mktemp("published")
    with duckdb.connect() as con:
        shop(con, planted)
        return *valued(con, folder), folder


def test_customers_who_order_as_the_model_assumes_are_predicted(published: tuple[pl.DataFrame, pl.DataFrame, Path]) -> None:
    made, fit, _ = published
    said = card(fit)
    assert (said["status"], said["champion"], said["baseline"]) == ("published", MBG, "people who had bought as often")
    miss = rival(fit, "predicted against actual purchases", MBG)
    assert miss["low"] < 0 < miss["high"] and abs(miss["value"]) < 0.1
    sales = rival(fit, "predicted against actual net sales", MBG)
    assert sales["low"] < 0 < sales["high"] and abs(sales["value"]) < 0.15
    assert rival(fit, "AIC on the days before", MBG)["value"] < rival(fit, "AIC on the days before", BG)["value"]
    assert set(made["method"]) == {MBG} and set(made["spend_method"]) == {"Gamma-Gamma"}
    assert made["p_alive"].null_count() == 0


def test_curves_show_the_holdout_period(published: tuple[pl.DataFrame, pl.DataFrame, Path]) -> None:
    curves = published[1].filter(kind="curve").sort("name", "series", "position")
    by_past = curves.filter(name="holdout", series="expected")
    assert by_past["said"].to_list() == ["0", "1", "2", "3", "4+"]
    actual = curves.filter(name="holdout", series="actual")
    inside = (actual["low"] <= by_past["value"]) & (by_past["value"] <= actual["high"])
    assert inside.sum() >= 4
    to_date = curves.filter(name="repeat purchases to date")
    ends = {series: rows["value"][-1] for (series,), rows in to_date.group_by("series", maintain_order=True)}
    assert ends["expected"] == pytest.approx(ends["actual"], rel=0.1)
    assert curves.filter(name="gain", series=MBG)["value"].is_sorted()


def test_the_value_of_one_customer_is_computed_from_the_published_parameters(
    published: tuple[pl.DataFrame, pl.DataFrame, Path], planted: Orders
) -> None:
    """From purchases to value, for a customer with three purchases or more."""
    made, fit, _ = published
    numbers = {row["name"]: row["value"] for row in fit.filter(kind="parameter").to_dicts()}
    purchases: dict[str, dict[date, float]] = {}
    for who, day, money in planted:
        days_of = purchases.setdefault(who, {})
        days_of[day] = days_of.get(day, 0) + money
    who, bought = next((who, sorted(bought.items())) for who, bought in sorted(purchases.items()) if len(bought) == 4)
    first, last, x = bought[0][0], bought[-1][0], len(bought) - 1
    frequency, recency, age = (np.array([value]) for value in (x, (last - first).days, (AS_OF - first).days))
    parameters = {name: numbers[name] for name in bg_nbd.BOUNDS}
    quarters = bg_nbd.expected(MBG, parameters, frequency, recency, age, [365 / 7 * i / 4 for i in (1, 2, 3, 4)])[:, 0]
    discounted = sum(step * 1.1 ** -(i / 4 - 0.125) for i, step in enumerate(np.diff(quarters, prepend=0), start=1))
    p, q, v = (numbers[name] for name in "pqv")
    spend = p * (v + sum(money for _, money in bought[1:])) / (p * x + q - 1)
    row = made.row(by_predicate=pl.col("customer_id") == who, named=True)
    assert float(row["historic_value"]) == pytest.approx(sum(money for _, money in bought), abs=0.001)
    assert row["p_alive"] == pytest.approx(bg_nbd.p_alive(MBG, parameters, frequency, recency, age)[0], abs=1e-6)
    assert row["expected_orders_12m"] == pytest.approx(quarters[-1], abs=1e-6)
    assert float(row["predicted_value_12m"]) == pytest.approx(discounted * spend, abs=0.006)
    assert row["low"] < row["predicted_value_12m"] < row["high"]


def test_next_orders_are_predicted_for_active_repeat_buyers(
    published: tuple[pl.DataFrame, pl.DataFrame, Path], planted: Orders
) -> None:
    made = published[0]
    days = pl.DataFrame(planted, ["customer_id", "day", "money"], orient="row").group_by("customer_id").agg(pl.n_unique("day"))
    with_date = made.join(days, on="customer_id").filter(pl.col("next_order_date").is_not_null())
    assert 100 < len(with_date) < len(made) / 2
    assert with_date["day"].min() == 2
    assert min(with_date["p_alive"]) >= 0.5
    assert min(with_date["next_order_date"]) > AS_OF
    assert max(with_date["next_order_date"].drop_nulls()) <= AS_OF + timedelta(days=366)


def test_a_higher_discount_rate_lowers_the_value() -> None:
    """A little less than if all sales were in the middle of the year, because customers drop out over time."""
    known = Histories(*(np.array(column) for column in ([0, 3], [0, 100], [300, 200], [5, 1])))
    fit = FittedParameters(PLANTED, np.zeros((4, 4)), 0.0)
    free, dear = (groups(MBG, fit, known, 365, MiningSettings(yearly_discount=rate)) for rate in (0.0, 0.5))
    assert free["discounted"].to_list() == pytest.approx(free["orders"].to_list())
    assert dear["orders"].equals(free["orders"])
    assert (dear["discounted"] / free["discounted"]).is_between(1.5**-0.5, 1.5**-0.4).all()


def test_bounds_follow_from_the_uncertainty_of_the_parameters() -> None:
    """The delta method, checked against parameters drawn at random."""
    known = Histories(*(np.array(column) for column in ([0, 3], [0, 100], [300, 200], [5, 1])))
    spread = np.diag([0.03, 0.05, 0.04, 0.02]) + np.tril(np.full((4, 4), 0.01), -1)
    lots = np.random.default_rng(4).normal(size=(4_000, 4)) @ spread.T
    worth = []
    for lot in lots:
        parameters = dict(zip(PLANTED, np.exp(np.log(list(PLANTED.values())) + lot).tolist(), strict=True))
        worth.append(bg_nbd.expected(MBG, parameters, known.x, known.t_x, known.age, [365 / DAYS_A_WEEK])[0])
    found = groups(MBG, FittedParameters(PLANTED, spread, 0.0), known, 365, MiningSettings(yearly_discount=0))["variance"]
    assert found.to_list() == pytest.approx(np.log(worth).var(axis=0).tolist(), rel=0.1)


def test_a_kept_fit_gives_the_same_bytes(
    con: duckdb.DuckDBPyConnection, published: tuple[pl.DataFrame, pl.DataFrame, Path], planted: Orders, tmp_path: Path
) -> None:
    """A rerun with the rows in another order and with other threads."""
    con.execute("set threads = 4")
    shop(con, [planted[i] for i in np.random.default_rng(1).permutation(len(planted))])
    valued(con, tmp_path, past=Past(published[1]))
    for table in ("customer_value", "customer_value_fit"):
        again, before = (pl.read_parquet(folder / f"{table}.parquet") for folder in (tmp_path, published[2]))
        drifted = again.filter(kind="drift") if "kind" in again.columns else again.clear()
        assert drifted.is_empty()
        assert (tmp_path / f"{table}.parquet").read_bytes() == (published[2] / f"{table}.parquet").read_bytes()
        assert again.equals(before)


def test_a_fit_is_kept_when_orders_are_added(
    con: duckdb.DuckDBPyConnection, published: tuple[pl.DataFrame, pl.DataFrame, Path], planted: Orders, tmp_path: Path
) -> None:
    """A new fit would have other parameters."""
    later = AS_OF + timedelta(days=30)
    shop(con, [*planted, *((f"{i:07d}", later, 50.0) for i in range(0, 3_000, 30))], as_of=later)
    numbers = []
    for past in (Past(published[1]), Past()):
        _, fit = valued(con, tmp_path, past=past)
        numbers.append({row["name"]: row["value"] for row in fit.filter(kind="parameter").to_dicts()})
        assert card(fit)["as_of"] == later.isoformat()
        assert card(fit)["fitted_as_of"] == (AS_OF if past.rows is not None else later).isoformat()
    before = {row["name"]: row["value"] for row in published[1].filter(kind="parameter").to_dicts()}
    assert all(numbers[0][name] == before[name] for name in (*bg_nbd.BOUNDS, *gamma_gamma.PARAMETERS))
    assert numbers[1]["r"] != before["r"]


def test_orders_after_the_as_of_date_have_no_effect(
    con: duckdb.DuckDBPyConnection, published: tuple[pl.DataFrame, pl.DataFrame, Path], planted: Orders, tmp_path: Path
) -> None:
    shop(
        con,
        [*planted, *((who, AS_OF + timedelta(days=1), 900.0) for who, _, _ in planted[:1000]), ("new", date(2019, 1, 1), 5.0)],
    )
    made, fit = valued(con, tmp_path)
    assert made.equals(published[0]) and fit.equals(published[1])


def test_the_holdout_period_is_not_used_in_the_fit_that_it_tests(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Ten more purchases per customer in the holdout: the prediction stays the same, only the actual purchases increase."""
    planted = orders_of(MBG, 3_000, 500, seed=11)
    shop(con, planted)
    _, before = valued(con, tmp_path)
    cut = AS_OF - timedelta(days=125)
    known = sorted({who for who, day, _ in planted if day <= cut})
    shop(con, [*planted, *((who, cut + timedelta(days=1 + i), 1.0) for who in known for i in range(10))])
    made, fit = valued(con, tmp_path)
    assert card(fit)["status"] == "baseline"
    held = {name: of.filter(kind="curve", name="holdout", series="expected") for name, of in (("then", before), ("now", fit))}
    assert held["then"].equals(held["now"])
    assert set(made["method"]) == {"mean of the shop"}
    assert made["p_alive"].null_count() == len(made)


def columns_of(made: pl.DataFrame, ending: str) -> pl.DataFrame:
    return made.select(pl.col(f"{name}{ending}").alias(name) for name in ("expected_orders", "p_order", "predicted_value"))


def test_twelve_months_are_published_where_they_pass_the_test(published: tuple[pl.DataFrame, pl.DataFrame, Path]) -> None:
    made, fit, _ = published
    assert made["horizon_days"].unique().to_list() == [365]
    assert columns_of(made, "_12m").equals(columns_of(made, ""))
    assert rival(fit, "days held out", MBG)["value"] == 365
    assert "columns of twelve months" not in str(card(fit)["reason"])


def test_a_failed_twelve_month_test_leaves_the_horizon_that_passed(
    con: duckdb.DuckDBPyConnection, planted: Orders, tmp_path: Path
) -> None:
    """In the same shop, the error of twelve months is 6.8%, and that of half a year 3.4%."""
    shop(con, planted)
    made, fit = valued(con, tmp_path, MiningSettings(value_max_miss=0.05))
    assert (card(fit)["status"], made["horizon_days"].unique().to_list()) == ("published", [182])
    assert columns_of(made, "_12m").null_count().sum_horizontal().item() == 3 * len(made)
    assert columns_of(made, "").null_count().sum_horizontal().item() == 0
    missed = rival(fit, "predicted against actual purchases in 365 days", MBG)["value"]
    assert abs(missed) > 0.05 > abs(rival(fit, "predicted against actual purchases", MBG)["value"])
    assert "Tested on 365 days: In the last 365 days" in str(card(fit)["reason"])
    assert "the columns of twelve months are empty" in str(card(fit)["reason"])
    assert max(made["next_order_date"].drop_nulls()) <= AS_OF + timedelta(days=183)


def test_a_young_shop_is_tested_on_a_quarter_of_its_days(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """The expectation for fewer days is lower."""
    shop(con, orders_of(MBG, 3_000, 500, seed=11))
    made, fit = valued(con, tmp_path)
    assert (card(fit)["status"], made["horizon_days"].unique().to_list()) == ("published", [125])
    assert made["predicted_value_12m"].null_count() == len(made)
    known = purchase_histories.histories(con, AS_OF)
    parameters = {row["name"]: row["value"] for row in fit.filter(kind="parameter").to_dicts() if row["name"] in bg_nbd.BOUNDS}
    expected = bg_nbd.expected(MBG, parameters, known.x, known.t_x, known.age, [125 / DAYS_A_WEEK])[0]
    assert made["expected_orders"].sum() == pytest.approx(float(np.sum(expected * known.people)), rel=1e-4)


def test_the_mean_of_a_young_shop_covers_its_observed_days(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    shop(con, _shuffled(orders_of(MBG, 3_000, 500, seed=11), 2))
    made, fit = valued(con, tmp_path)
    assert card(fit)["status"] == "baseline"
    assert made["horizon_days"].unique().to_list() == [250]
    assert made["expected_orders_12m"].null_count() == len(made)
    seen = purchase_histories.holdout(con, AS_OF - timedelta(days=250), AS_OF)
    mean = float(np.sum(seen.people * seen.later_purchases)) / float(np.sum(seen.people))
    assert made["expected_orders"].unique().to_list() == [pytest.approx(mean, abs=1e-6)]


def _shuffled(orders: Orders, seed: int) -> Orders:
    people = np.random.default_rng(seed).permutation([who for who, _, _ in orders])
    return [(str(who), day, money) for who, (_, day, money) in zip(people, orders, strict=True)]


def _short(orders: Orders, days: int) -> Orders:
    return [(who, day, money) for who, day, money in orders if day > AS_OF - timedelta(days=days)]


def test_shuffled_customers_get_the_mean_of_the_shop(con: duckdb.DuckDBPyConnection, planted: Orders, tmp_path: Path) -> None:
    shop(con, _shuffled(planted, 2))
    made, fit = valued(con, tmp_path)
    assert card(fit)["status"] == "baseline"
    assert made["expected_orders_12m"].n_unique() == 1 and set(made["method"]) == {"mean of the shop"}
    assert "Every customer gets the mean of the shop" in str(card(fit)["reason"])


@pytest.mark.parametrize(
    ("which", "reason"),
    [
        ("nobody", "There are no orders up to the as-of date"),
        ("nobody comes back", "0 customers had bought at least twice"),
        ("sixty people", "a model of repeat purchases needs 100"),
        ("three months", "The shop is known for 89 days; a prediction of customer value needs 180"),
        ("no dates", "There are no orders up to the as-of date"),
    ],
)
def test_a_shop_without_enough_data_gets_no_prediction(
    con: duckdb.DuckDBPyConnection, planted: Orders, tmp_path: Path, which: str, reason: str
) -> None:
    dateless: DatelessOrders = [("one", None, 5.0), ("two", None, 7.0)]
    shops: dict[str, Orders | DatelessOrders] = {
        "nobody": [],
        "nobody comes back": list({who: (who, day, money) for who, day, money in planted}.values()),
        "sixty people": [order for order in planted if order[0] < "0000060"],
        "three months": _short(planted, 90),
        "no dates": dateless,
    }
    orders = shops[which]
    shop(con, orders)
    made, fit = valued(con, tmp_path)
    assert card(fit)["status"] == "refused"
    assert reason in str(card(fit)["reason"])
    assert made["historic_value"].sum() == sum(pl.Series([money for *_, money in orders], dtype=pl.Decimal(18, 2)), start=0)
    assert set(made["method"]) <= {"none"} and made["predicted_value_12m"].null_count() == len(made)


def test_constant_prices_give_the_mean_of_the_shop(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """A customer without a dated order has no prediction."""
    shop(con, [*orders_of(MBG, 2_000, 730, seed=12, spend="constant"), ("undated", None, 3.0)])
    made, fit = valued(con, tmp_path)
    assert card(fit)["status"] == "published"
    undated = made.filter(customer_id="undated").row(0, named=True)
    assert {name for name, value in undated.items() if value is not None} == {"customer_id", "historic_value", "method"}
    made = made.filter(pl.col("method") != "none")
    assert set(made["spend_method"]) == {"mean of the shop"}
    assert "too similar" in str(card(fit)["reason"])


def test_where_frequent_buyers_spend_more_the_mean_of_equal_frequency_is_used(
    con: duckdb.DuckDBPyConnection, planted: Orders, tmp_path: Path
) -> None:
    often = pl.DataFrame(planted, ["who", "day", "money"], orient="row").group_by("who").agg(pl.n_unique("day"))
    times = dict(often.iter_rows())
    shop(con, [(who, day, round(money / 10 + 40 * times[who], 2)) for who, day, money in planted])
    made, fit = valued(con, tmp_path)
    assert rival(fit, "correlation of purchases and spending", "Gamma-Gamma")["low"] > 0.2
    assert set(made["spend_method"]) == {"mean of people who buy as often"}


def test_orders_on_the_same_day_are_one_purchase(con: duckdb.DuckDBPyConnection) -> None:
    today = AS_OF
    orders = [("one", today - timedelta(days=9), 10.0)] * 3 + [("one", today - timedelta(days=2), 4.0)] * 2
    shop(con, [*orders, ("one", today, 0.0)])
    known = purchase_histories.read(con)
    assert known is not None and known.most_purchases == 3
    history = purchase_histories.histories(con, today)
    assert [of.tolist() for of in (history.x, history.t_x, history.age, history.people)] == [[2], [9], [9], [1]]
    spent = purchase_histories.spent(con, today)
    assert (spent.n.tolist(), spent.spent.tolist()) == ([1], [8.0])


@pytest.fixture(scope="session")
def cdnow() -> list[tuple[str, date, float]]:
    """CDNOW_sample.txt, the tenth of CDNOW's customers: per line two ids, a day as YYYYMMDD, CDs, and dollars, between spaces."""
    file = os.environ.get("ECOM_LAKE_CDNOW")
    if not file:
        pytest.skip("CDNOW's purchases may not be redistributed: set ECOM_LAKE_CDNOW to the path of CDNOW_sample.txt")
    lines = [line.split() for line in Path(file).read_text(encoding="utf-8").splitlines()]
    return [(line[1], date.fromisoformat(line[2]), float(line[-1])) for line in lines if line]


def test_cdnow(con: duckdb.DuckDBPyConnection, cdnow: list[tuple[str, date, float]]) -> None:
    """Fader, Hardie and Lee's figures, and the error in the following 39 weeks."""
    cut = date(1997, 9, 30)
    shop(con, cdnow, as_of=date(1998, 6, 30))
    purchase_histories.read(con)
    known = purchase_histories.histories(con, cut)
    found = bg_nbd.fit(BG, known)
    assert found is not None and int(known.people.sum()) == 2357
    assert found.log_likelihood == pytest.approx(-9582.43, abs=0.01)
    assert [*found.parameters.values()] == pytest.approx([0.2426, 4.4135, 0.7929, 2.4258], rel=1e-3)
    spent = purchase_histories.spent(con, cut)
    gamma = gamma_gamma.gamma_gamma(spent)
    assert gamma is not None and 940 <= int(spent.people.sum()) <= 946  # a few repeat purchases cost nothing
    assert [*gamma.parameters.values()] == pytest.approx([6.25, 3.74, 15.44], rel=2e-2)
    related = gamma_gamma.correlation(spent)
    assert related is not None and related.value == pytest.approx(0.114, abs=0.01)
    after = purchase_histories.holdout(con, cut, date(1998, 6, 30))
    predicted = bg_nbd.expected(BG, found.parameters, after.x, after.t_x, after.age, [273 / DAYS_A_WEEK])[0]
    assert float((predicted * after.people).sum()) == pytest.approx(1653, abs=3)
    assert int((after.later_purchases * after.people).sum()) == 1882


def test_olist_is_predicted_though_few_customers_return(con: duckdb.DuckDBPyConnection, olist: Path, tmp_path: Path) -> None:
    orders, items, people = (f"{olist}/olist_{name}_dataset.csv" for name in ("orders", "order_items", "customers"))
    con.execute(
        f"""
        create table fct_orders as
        select customer_unique_id as customer_id, order_purchase_timestamp::date as order_date, true as is_valid,
            coalesce(net_sales, 0)::decimal(18, 2) as net_sales
        from read_csv('{orders}', header = true)
        join read_csv('{people}', header = true, all_varchar = true) using (customer_id)
        left join (
            select order_id, sum(price::decimal(18, 2)) as net_sales
            from read_csv('{items}', header = true, all_varchar = true) group by order_id
        ) using (order_id)
        where order_status not in ('canceled', 'unavailable')
        """
    )
    con.execute("create table reporting_period as select date '2018-08-31' as as_of")
    con.execute(
        "create table customer_metrics as select customer_id, sum(net_sales)::decimal(18, 2) as net_sales,"
        " count(distinct order_date) as purchases from fct_orders where order_date <= '2018-08-31' group by customer_id"
    )
    made, fit = valued(con, tmp_path)
    said = card(fit)
    assert (said["status"], said["champion"], len(made)) == ("published", BG, 94_990)
    assert rival(fit, "predicted against actual purchases", BG)["value"] == pytest.approx(0.037, abs=0.01)
    assert rival(fit, "predicted against actual net sales", BG)["value"] == pytest.approx(0.044, abs=0.01)
    assert made["p_alive"].null_count() == 92_926
    # The error of twelve months is 39%, so they are not published.
    assert rival(fit, "predicted against actual purchases in 365 days", BG)["value"] == pytest.approx(-0.39, abs=0.01)
    assert made["horizon_days"].unique().to_list() == [181]
    assert 900 < made["expected_orders"].sum() < 1_000
    assert made["expected_orders_12m"].null_count() == made["predicted_value_12m"].null_count() == 94_990
