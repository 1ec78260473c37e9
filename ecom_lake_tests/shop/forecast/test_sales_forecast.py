from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ecom_lake.engine.contracts.fitted import Past
from ecom_lake.shop.forecast.methods import LINEAR_SEASON, NAIVE, SARIMAX, SEASONAL_NAIVE, SEASONAL_SARIMAX, SES
from ecom_lake.shop.forecast.reconciliation import ERROR
from ecom_lake.shop.forecast.sales_series import OTHERS, TOTAL, sales_of
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.seasons import _OF_WEEK, _OF_YEAR, moments, plan
from ecom_lake.synth.text import DAY
from ecom_lake_tests.builders.daily_sales import Floats, by_month, noise, shop
from ecom_lake_tests.builders.gold_table import make

TABLES = ("sales_forecast", "forecast_backtest", "sales_forecast_fit")
SEASON = np.array([1.0, 0.9, 1.0, 1.0, 1.1, 0.9, 0.9, 1.0, 1.0, 1.1, 1.8, 1.3])


def forecast(
    con: duckdb.DuckDBPyConnection, folder: Path, settings: MiningSettings | None = None, past: Past | None = None
) -> dict[str, pl.DataFrame]:
    """The tables, checked against their contracts and identities."""
    folder.mkdir(exist_ok=True)
    make(con, "sales_forecast", folder, settings, past)
    return {table: pl.read_parquet(folder / f"{table}.parquet") for table in TABLES}


def card(made: dict[str, pl.DataFrame]) -> dict[str, object]:
    lines = made["sales_forecast_fit"].filter(kind="card").rows_by_key("name", named=True)
    return {name: row["value"] if row["said"] is None else row["said"] for name, [row] in lines.items()}


def measure(made: dict[str, pl.DataFrame], metric: str) -> dict[str, float]:
    rivals = made["sales_forecast_fit"].filter(kind="rival", name=metric)
    return dict(zip(rivals["series"], rivals["value"], strict=True))


def growing_with_season(months: int, deviation: float = 0.05) -> Floats:
    trend = np.power(1.01, np.arange(months, dtype=np.float64))
    return np.asarray(100_000 * trend * SEASON[np.arange(months) % 12] * noise(months, deviation), dtype=np.float64)


def mixed(daily: Floats) -> dict[str, Floats]:
    """Three categories whose sales add up to the total, to the cent, and a new one."""
    toys, new = np.round(daily / 3, 2), np.where(np.arange(len(daily)) > len(daily) - 100, np.round(daily / 50, 2), 0.0)
    books = np.round(daily / 7, 2)
    return {"toys": toys, "books": books, "new": new, "games": np.round(daily, 2) - toys - books - new}


def test_a_planted_season_is_found(tmp_path: Path) -> None:
    made = forecast(shop(by_month(growing_with_season(48))), tmp_path)
    said = card(made)
    assert said["status"] == "published"
    assert said["champion"] in (LINEAR_SEASON, SEASONAL_SARIMAX)
    scores = measure(made, "mase")
    assert scores[f"{said['champion']} by month"] < 0.5 * scores[f"{NAIVE} by month"]
    year = made["sales_forecast_fit"].filter(kind="curve", name="year").sort("position")["value"].to_numpy()
    assert year == pytest.approx(SEASON / SEASON.mean(), rel=0.1)
    ahead = made["sales_forecast"].filter(grain="month", is_champion=True).sort("period")
    expected = 100_000 * 1.01 ** np.arange(48, 51) * SEASON[:3]
    assert ahead["forecast"].cast(float).to_numpy() == pytest.approx(expected, rel=0.1)
    assert ahead["period"].to_list() == [date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)]


def test_no_season_is_found_where_there_is_none(tmp_path: Path) -> None:
    """All days have the same sales, with monthly noise: longer months sell more, which is not a season."""
    starts = np.arange("2020-01", "2023-02", dtype="datetime64[M]").astype("datetime64[D]")
    made = forecast(shop(by_month(3_000 * np.diff(starts).astype(float) * noise(36, 0.1, seed=5))), tmp_path)
    assert card(made)["champion"] in (NAIVE, SES)


def test_the_best_forecast_of_a_random_walk_is_naive(tmp_path: Path) -> None:
    """No method is better than the naive forecast: it is published, and the card states this."""
    walk = 100_000 + np.cumsum(np.random.default_rng(5).normal(0, 10_000, 24))
    made = forecast(shop(by_month(walk)), tmp_path)
    said = card(made)
    assert (said["status"], said["champion"], said["value"]) == ("baseline", NAIVE, said["baseline_value"])
    assert str(said["reason"]).startswith("By month: no method beat the naive forecast")
    assert "The best method by mase is the baseline naive itself, with " in str(said["reason"])
    assert str(said["reason"]).endswith("so naive is published.")
    champions = made["sales_forecast"].filter(series=TOTAL, grain="month", is_champion=True)
    assert set(champions["method"]) == {NAIVE}
    assert champions["forecast"].cast(float).to_list() == pytest.approx(walk[-1] / 31 * np.array([31, 28, 31]), abs=0.5)


def test_the_seasons_of_the_synthetic_shop_are_found(tmp_path: Path) -> None:
    """Weekly and yearly seasonality in four years, with 100,000 orders of one price."""
    options = SynthOptions(orders=100_000, first_month="2015-01", last_month="2018-12", thin_edges=False)
    rng = np.random.default_rng(1)
    placed = np.concatenate([moments(rng, month, month.orders) for month in plan(options)]) // DAY
    daily = 100.0 * np.bincount(placed - placed.min())
    made = forecast(shop(np.asarray(daily, dtype=np.float64), date(2015, 1, 1)), tmp_path)
    fit = made["sales_forecast_fit"]
    assert card(made)["champion"] in (LINEAR_SEASON, SEASONAL_SARIMAX)
    week = fit.filter(kind="curve", name="week").sort("position")["value"].to_numpy()
    assert week == pytest.approx(_OF_WEEK / _OF_WEEK.mean(), abs=0.03)
    year = fit.filter(kind="curve", name="year").sort("position")["value"].to_numpy()
    assert year == pytest.approx(_OF_YEAR / _OF_YEAR.mean(), abs=0.08)
    assert int(np.argmax(year)) == 10
    scores = measure(made, "mase")
    assert scores["SES by day"] < scores["seasonal naive by day"] < scores["naive by day"]


@pytest.mark.parametrize(
    ("sold", "complete", "reason"),
    [
        ([], True, "The shop has 0 complete months; a forecast needs at least 6."),
        ([100.0], True, "The shop has 1 complete month; a forecast needs at least 6."),
        ([100.0, 200.0, 300.0], True, "The shop has 3 complete months; a forecast needs at least 6."),
        ([100.0] * 12, False, "The shop has 0 complete months; a forecast needs at least 6."),
    ],
    ids=["empty", "one", "three months", "none complete"],
)
def test_a_history_too_short_is_refused(sold: list[float], complete: bool, reason: str, tmp_path: Path) -> None:
    made = forecast(shop(by_month(np.array(sold)), complete=complete), tmp_path)
    assert (card(made)["status"], card(made)["reason"]) == ("refused", reason)
    assert made["sales_forecast"].is_empty()
    assert made["forecast_backtest"].is_empty()


@pytest.mark.parametrize("months", [6, 31])
@pytest.mark.parametrize("a_day", [0.0, 1_000.0], ids=["nothing", "always the same"])
def test_constant_sales_are_forecast_unchanged(months: int, a_day: float, tmp_path: Path) -> None:
    """Months differ only in their number of days; or all sales are zero."""
    made = forecast(shop(np.where(by_month(np.ones(months)) > 0, a_day, 0.0)), tmp_path)
    ahead = made["sales_forecast"].filter(series=TOTAL, is_champion=True)
    assert (ahead.filter(grain="day")["forecast"] == a_day).all()
    assert ahead.filter(grain="month")["forecast"].cast(float).to_numpy() == pytest.approx(30 * a_day, rel=0.1)
    said = card(made)
    assert "By day: sales never changed, so the last day is repeated." in str(said["reason"])
    assert a_day or (said["status"], said.get("value")) == ("baseline", None)


@pytest.mark.parametrize("months", [6, 17, 31])
def test_a_history_of_any_length_is_forecast(months: int, tmp_path: Path) -> None:
    """A method that needs more history is left out; seasonality needs the most."""
    daily = by_month(growing_with_season(months, 0.2))
    made = forecast(shop(daily, parts=mixed(daily)), tmp_path)
    by_month_methods = set(made["sales_forecast"].filter(series=TOTAL, grain="month")["method"])
    assert NAIVE in by_month_methods
    assert (SES in by_month_methods) == (months >= 9)
    assert (SARIMAX in by_month_methods) == (months >= 18)
    assert bool(by_month_methods & {SEASONAL_NAIVE, LINEAR_SEASON, SEASONAL_SARIMAX}) == (months >= 30)
    assert ("No yearly seasonality is estimated" in str(card(made)["reason"])) == (months < 30)


def test_categories_add_up_and_rare_ones_are_combined(tmp_path: Path) -> None:
    """The contract checks that they add up."""
    daily = by_month(growing_with_season(13))
    made = forecast(shop(daily, parts=mixed(daily)), tmp_path)
    parts = made["sales_forecast"].filter(pl.col("series") != TOTAL)
    assert set(parts["series"]) == {"toys", "books", "games", OTHERS}
    assert parts["is_champion"].all()
    assert parts["method"].n_unique() == 1
    assert parts.height == 4 * 3
    toys = parts.filter(series="toys")["forecast"].to_list()
    whole = made["sales_forecast"].filter(series=TOTAL, grain="month", is_champion=True)["forecast"].to_list()
    assert float(sum(toys)) / float(sum(whole)) == pytest.approx(1 / 3, abs=0.02)


def test_a_category_named_like_the_total_is_among_the_others(tmp_path: Path) -> None:
    daily = by_month(growing_with_season(12))
    parts = dict(zip([TOTAL, "books", "new", OTHERS], mixed(daily).values(), strict=True))
    made = forecast(shop(daily, parts=parts), tmp_path)
    assert set(made["sales_forecast"]["series"]) == {TOTAL, "books", OTHERS}


def test_incomplete_months_are_not_used_in_the_fit(tmp_path: Path) -> None:
    """An incomplete first or last month does not change the forecast."""
    daily = by_month(growing_with_season(8))
    whole = forecast(shop(daily), tmp_path / "whole")
    con = shop(daily)
    for stub, first in (("2019-12-01", 31), ("2020-09-01", 30)):
        span = f"range(date '{stub}', date '{stub}' + {first}, interval 1 day) as r(d)"
        days = f"select d::date as date, 5.00 as net_sales from {span}"
        con.execute(f"insert into kpi_daily {days}")
        con.execute(f"insert into kpi_monthly values ('{stub}', false, {5 * first})")
        con.execute(f"insert into dim_date select date, '{stub}', false from ({days})")
        con.execute(f"insert into kpi_breakdown values ('month', 'category', 'toys', '{stub}', {5 * first})")
    cut = forecast(con, tmp_path / "cut")
    for table in TABLES:
        assert_frame_equal(cut[table], whole[table])


def test_orders_after_the_as_of_date_are_not_used(tmp_path: Path) -> None:
    """The as-of date is in the middle of August: the month is incomplete, its first days are known."""
    daily = by_month(growing_with_season(9))
    before = int(np.sum([31, 29, 31, 30, 31, 30, 31, 15]))
    con = shop(daily, parts=mixed(daily))
    con.execute("update reporting_period set as_of = '2020-08-15'")
    assert [len(sales_of(con).months or ()), len(sales_of(con).days or ())] == [7, before]
    seen = forecast(con, tmp_path / "seen")
    distorted = daily.copy()
    distorted[before:] *= 100
    con = shop(distorted, parts=mixed(distorted))
    con.execute("update reporting_period set as_of = '2020-08-15'")
    again = forecast(con, tmp_path / "again")
    for table in TABLES:
        assert_frame_equal(again[table], seen[table])


def test_days_that_fade_out_are_skipped_and_reported(tmp_path: Path) -> None:
    daily = by_month(np.full(12, 31_000.0)) * noise(366, 0.05)
    daily[-10:] *= 0.1
    made = forecast(shop(daily), tmp_path, MiningSettings(forecast_months=1))
    days = made["sales_forecast"].filter(grain="day", is_champion=True)
    assert (days["period"].min(), days["period"].max()) == (date(2021, 1, 1), date(2021, 1, 31))
    assert (days["step"].min(), days["step"].max()) == (11, 41)
    assert "Sales fade out after 2020-12-21: each of the last 10 days sold less than half" in str(card(made)["reason"])


def test_days_and_months_are_fitted_on_the_same_full_days(tmp_path: Path) -> None:
    """A month that fades out does not change the fit: the forecasts equal those of a shop without it."""
    daily = by_month(np.full(13, 31_000.0)) * noise(397, 0.05)
    parts = mixed(daily)
    whole = forecast(shop(daily, parts=parts), tmp_path / "whole")
    fading = {name: np.concatenate([of[:-10], of[-10:] * 0.1]) for name, of in parts.items()}
    faded = forecast(shop(np.sum(list(fading.values()), axis=0), parts=fading), tmp_path / "faded")
    for which in (pl.col("method") == NAIVE, pl.col("is_champion")):
        expected, known = (
            made["sales_forecast"].filter(which, grain="month").sort("series", "period")["forecast"].cast(float).to_numpy()
            for made in (faded, whole)
        )
        assert expected == pytest.approx(known, rel=0.03)
    tested = faded["forecast_backtest"].filter(grain="month")["period"]
    assert tested.max() == date(2020, 12, 1), "no forecast is tested against the month that fades out"


@pytest.mark.parametrize("today", ["2021-01-31", "2021-01-15"], ids=["the end of a month", "within one"])
def test_months_days_and_categories_are_one_forecast(today: str, tmp_path: Path) -> None:
    """For all days of the published months; the known days of a month count with their actual sales."""
    daily = by_month(growing_with_season(13)) * noise(396 + 1, 0.2)
    con = shop(daily, parts=mixed(daily))
    con.execute(f"update reporting_period set as_of = '{today}'")
    ahead = forecast(con, tmp_path)["sales_forecast"].filter(is_champion=True)
    known = con.execute(
        f"select date_trunc('month', date)::date, sum(net_sales) from kpi_daily where date <= '{today}' group by 1"
    ).fetchall()
    of_days = ahead.filter(grain="day").group_by(month=pl.col("period").dt.truncate("1mo")).agg(pl.sum("forecast"), pl.len())
    months, is_part = ahead.filter(grain="month"), pl.col("series") != TOTAL
    whole = dict(months.filter(~is_part).select("period", "forecast").iter_rows())
    parts = dict(months.filter(is_part).group_by("period").agg(pl.sum("forecast")).iter_rows())
    assert whole == parts
    assert whole == {month: money + dict(known).get(month, 0) for month, money, _ in of_days.iter_rows()}
    first = date.fromisoformat(today) + timedelta(days=1)
    assert ahead.filter(grain="day")["period"].min() == first
    assert (min(whole), len(whole)) == (first.replace(day=1), 3)
    assert of_days["len"].sum() == (max(whole).replace(month=max(whole).month + 1) - first).days


def test_a_month_above_its_forecast_is_forecast_at_its_sales_to_date(tmp_path: Path) -> None:
    daily = by_month(np.full(13, 31_000.0))
    daily[-20:-15] = 100_000.0
    con = shop(daily)
    con.execute("update reporting_period set as_of = '2021-01-15'")
    ahead = forecast(con, tmp_path)["sales_forecast"].filter(is_champion=True)
    [sold] = con.execute("select sum(net_sales) from kpi_daily where date between '2021-01-01' and '2021-01-15'").fetchall()[0]
    assert ahead.filter(grain="month").sort("period")["forecast"][0] == sold
    assert ahead.filter((pl.col("grain") == "day") & (pl.col("period") <= date(2021, 1, 31)))["forecast"].sum() == 0


def test_a_kept_fit_changes_nothing(tmp_path: Path) -> None:
    daily = by_month(growing_with_season(31))
    con = shop(daily, parts=mixed(daily))
    first = forecast(con, tmp_path / "first")
    second = forecast(con, tmp_path / "second", past=Past(first["sales_forecast_fit"]))
    for table in TABLES:
        assert (tmp_path / "first" / f"{table}.parquet").read_bytes() == (tmp_path / "second" / f"{table}.parquet").read_bytes()
    assert card(second)["fitted_as_of"] == "2022-07-31"


def test_the_champion_is_kept_until_naive_is_better(tmp_path: Path) -> None:
    con = shop(by_month(growing_with_season(31)))
    fit = forecast(con, tmp_path / "first")["sales_forecast_fit"]

    def chosen(champion: str, folder: str) -> object:
        is_champion = (pl.col("kind") == "parameter") & (pl.col("name") == "champion by month")
        said = pl.when(is_champion).then(pl.lit(champion)).otherwise("said")
        return card(forecast(con, tmp_path / folder, past=Past(fit.with_columns(said=said))))["champion"]

    scores = measure({"sales_forecast_fit": fit}, "mase")
    assert scores["SARIMAX by month"] > scores["naive by month"] > scores["linear trend and season by month"]
    assert card({"sales_forecast_fit": fit})["champion"] == SEASONAL_SARIMAX
    assert chosen(LINEAR_SEASON, "kept") == LINEAR_SEASON
    assert chosen(SARIMAX, "lost") not in (SARIMAX, NAIVE)


def test_row_order_and_threads_do_not_change_the_bytes(tmp_path: Path) -> None:
    daily = by_month(growing_with_season(18, 0.2))
    forecast(shop(daily, parts=mixed(daily)), tmp_path / "one")
    con = shop(daily, parts=mixed(daily))
    con.execute("set threads = 4; set preserve_insertion_order = false")
    for table in ("kpi_daily", "kpi_monthly", "kpi_breakdown", "dim_date"):
        con.execute(f"create or replace table {table} as select * from {table} order by hash({table})")
    forecast(con, tmp_path / "four")
    for table in TABLES:
        assert (tmp_path / "one" / f"{table}.parquet").read_bytes() == (tmp_path / "four" / f"{table}.parquet").read_bytes()


def test_olist(olist: Path, tmp_path: Path) -> None:
    """A linear trend fits Olist's past and has the worst forecast; smoothing is no better than repeating the last month."""
    days = (
        duckdb.connect()
        .sql(f"""
        select coalesce(sum(price), 0)::double as sold
        from range(date '2017-01-01', date '2018-09-01', interval 1 day) as calendar(day)
        left join '{olist}/olist_orders_dataset.csv' as o
            on o.order_purchase_timestamp::date = day and order_status not in ('canceled', 'unavailable')
        left join '{olist}/olist_order_items_dataset.csv' using (order_id)
        group by day order by day
    """)
        .pl()
    )
    made = forecast(shop(days["sold"].to_numpy(), date(2017, 1, 1)), tmp_path)
    assert made["forecast_backtest"].filter(period=date(2018, 7, 1), grain="month")["actual"].unique().to_list() == [
        Decimal("878044.27")
    ]
    scores = measure(made, "mase")
    assert scores["SES by month"] == pytest.approx(scores["naive by month"], rel=0.03)
    assert scores["naive by month"] < scores["linear trend by month"] / 2
    assert (card(made)["status"], card(made)["champion"]) == ("baseline", NAIVE)
    assert scores["SES by day"] < scores["naive by day"]
    assert "Sales fade out after 2018-08-23" in str(card(made)["reason"])
    september = made["sales_forecast"].filter(pl.col("is_champion"), pl.col("period").dt.truncate("1mo") == date(2018, 9, 1))
    assert september.group_by("grain").agg(pl.sum("forecast")).sort("grain")["forecast"].to_list() == [Decimal("943739.41")] * 2
    fitted, alone = (measure(made, ERROR)[f"linear trend by day{of}"] for of in (", scaled to naive by month", ""))
    assert fitted is not None and alone is not None and fitted < alone
