from __future__ import annotations

import os
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ecom_lake.engine.contracts.fitted import Past
from ecom_lake.engine.contracts.sql_file import sql_file
from ecom_lake.shop.churn import features
from ecom_lake.shop.churn.churn_scores_model import NEXT, SECOND, Form, Snapshots, evaluate_forms, fit
from ecom_lake.shop.churn.features import FEATURES, GROUPS, features_at
from ecom_lake.shop.churn.purchase_probability import purchase_probabilities
from ecom_lake.shop.rankings.evaluation import LIFT
from ecom_lake.shop.rankings.hash_sample import ALL, HashSample
from ecom_lake.shop.rankings.probability_backtest import BRIER, PUBLISHED
from ecom_lake.shop.rankings.time_splits import Cutoffs
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake_tests.builders.gold_table import make
from ecom_lake_tests.builders.returning_customers import FIRST, Shop, Truth, as_known_on, nothing, opened, reporting_period, shop

FEWER = MiningSettings(people_sample=2_000)
DAY = FIRST + timedelta(days=400)
LAST_DAY = FIRST + timedelta(days=719)

_later = "(select count(*) from fct_orders as f where f.customer_id = known.customer_id)"
_scores = "(select avg(r.score) from fct_orders as f join reviews as r using (order_id) where f.customer_id = known.customer_id)"
_arrivals = "(select count(o.delivered_at) from fct_orders as f join orders as o using (order_id) where f.customer_id ="


@cache
def driven(customers: int = 8_000) -> Shop:
    return shop(customers, seed=1)


def known_on(made: Shop, day: date, leak: str | None = None) -> pl.DataFrame:
    """With `leak`, a column more in the SELECT of features.sql."""
    with opened(made) as con:
        if leak is None:
            return features_at(con, day)
        text = sql_file(features.__file__, "features.sql")
        assert text.count("\nfrom known\n") == 1
        text = text.replace("\nfrom known\n", f",\n({leak})::double as leak\nfrom known\n")
        made_with: pl.DataFrame = con.sql(text, params={"as_of": day, "below": ALL.below}).pl()
        return made_with


def test_no_feature_uses_later_data() -> None:
    made = shop(2_000, seed=2)
    assert_frame_equal(known_on(made, DAY), known_on(as_known_on(made, DAY), DAY), check_exact=True)


@pytest.mark.parametrize(
    "leak",
    [_later, _scores, f"{_arrivals} known.customer_id and f.order_date <= $as_of)"],
    ids=["orders of all time", "scores of all time", "later deliveries"],
)
def test_a_feature_that_uses_later_data_is_detected(leak: str) -> None:
    made = shop(2_000, seed=2)
    with pytest.raises(AssertionError, match="leak"):
        assert_frame_equal(known_on(made, DAY, leak), known_on(as_known_on(made, DAY), DAY, leak))


def test_the_features_of_a_sample_are_those_of_its_customers_among_all() -> None:
    made = shop(2_000, seed=2)
    with opened(made) as con:
        everyone, some = features_at(con, DAY), features_at(con, DAY, HashSample(0.25))
        chosen = con.sql("select customer_id from everyone where md5(customer_id) < '4'").pl()
    assert 0.2 < some.height / everyone.height < 0.3
    expected = everyone.join(chosen, on="customer_id", how="semi")
    shares = ["state_share", "category_repeat_rate"]
    assert_frame_equal(some.drop(shares), expected.drop(shares), check_exact=True)
    assert_frame_equal(some.select(shares), expected.select(shares), abs_tol=0.15)


def test_above_the_limit_the_model_is_tested_on_a_share_and_the_list_is_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecom_lake.shop.churn.churn_scores_model.MOST_READ", 6_000)
    with opened(driven()) as con:
        fitted = fit(con, FEWER, Past())
        customers = features_at(con, LAST_DAY).height
    assert "tested, with the rivals, on those of a random 75.0% of all customers" in fitted.card.trained_on
    assert "(a random 75.0% of all) customers of a later time" in fitted.card.reason
    listed = fitted.tables["churn_scores"].group_by("form").len()
    assert listed.height and sum(listed["len"]) == customers


def test_the_query_returns_the_listed_features() -> None:
    columns = known_on(shop(40, seed=0), DAY).columns
    assert columns == ["customer_id", "purchases_made", *(feature.name for feature in FEATURES)]


def test_every_feature_is_in_one_group() -> None:
    grouped = [feature for group in GROUPS for feature in group.features]
    assert sorted(grouped) == sorted(feature.name for feature in FEATURES)


def test_the_features_of_one_customer_have_the_hand_computed_values() -> None:
    made = shop(40, seed=0)
    mine = pl.col("customer_id") == "c0000000"
    places = made["fct_orders"].head(3).with_columns(
        customer_id=pl.lit("ana"),
        order_date=pl.Series([DAY - timedelta(days=n) for n in (100, 40, -5)]),
        ordered_at=pl.Series([DAY - timedelta(days=n) for n in (100, 40, -5)]).cast(pl.Datetime("us")),
        promised_date=pl.Series([DAY - timedelta(days=n) for n in (90, 2, -20)]),
        gap_days=pl.Series([None, 60, 45]),
        order_number=pl.Series([1, 2, 3]),
        opens_purchase=pl.lit(True),
        instalments=pl.Series([2, 6, 9]),
        **{name: pl.Series(amounts).cast(pl.Decimal(18, 2)) for name, amounts in {
            "gross_sales": [100, 60, 500], "discounts": [20, 0, 0], "net_sales": [80, 60, 500], "freight": [20, 15, 1],
        }.items()},
    )  # fmt: skip
    stages = pl.DataFrame(
        {
            "order_id": places["order_id"],
            "shipped_at": [None] * 3,
            "delivered_at": [DAY - timedelta(days=95), DAY + timedelta(days=1), None],
        },
        {"order_id": pl.String, "shipped_at": pl.Datetime("us"), "delivered_at": pl.Datetime("us")},
    )
    others = made["fct_orders"].filter(~mine, ~pl.col("order_id").is_in(places["order_id"].to_list()))
    made = made | {
        "fct_orders": pl.concat([places, others]),
        "orders": pl.concat([stages, made["orders"].join(places, on="order_id", how="anti")]),
    }
    [ana] = known_on(made, DAY).filter(customer_id="ana").to_dicts()
    assert (ana["purchases_made"], ana["recency_days"], ana["tenure_days"]) == (2, 40, 100)
    assert (ana["mean_gap_days"], ana["last_gap_days"]) == (60, 60)
    assert ana["overdue"] == pytest.approx(40 / 60)
    assert (ana["net_sales"], ana["last_net_sales"], ana["instalments"]) == (140, 60, 6)
    assert ana["discount_share"] == pytest.approx(20 / 160)
    assert ana["freight_share"] == pytest.approx(35 / 175)
    # The second order is delivered tomorrow and is already two days late; the first was delivered five days early.
    assert (ana["last_delay_days"], ana["late_share"]) == (2, 0.5)


def test_planted_drivers_are_ranked_by_their_effect(tmp_path: Path) -> None:
    """100,000 customers; only payment, discount and freight drive the outcome, in this order."""
    with opened(driven(100_000)) as con:
        scores = make(con, "churn_scores", tmp_path, MiningSettings(people_sample=6_000))
        fitted = pl.read_parquet(tmp_path / "churn_fit.parquet")
    assert scores.height == 100_000
    for form in ("next order", "second order"):
        lost = fitted.filter(kind="curve", name="importance", series=form).sort("position")
        assert lost["said"].to_list()[:3] == ["payment", "discount", "freight"]
        assert lost["value"][2] > 3 * abs(lost["value"][3:]).max()  # type: ignore[operator]
    worst = scores.filter(form="second order", decile=1)
    assert np.mean(worst["top_reasons"].str.contains("instalments|off|freight").to_list()) > 0.99
    assert scores.filter(pl.col("decile") > 1)["top_reasons"].is_null().all()


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (nothing(), "The shop has 0 days of orders"),
        (shop(60, seed=1), "there are too few customers to train a model. It takes at least 50"),
        (shop(3_000, seed=1, days=90), "The shop has 89 days of orders; to train, calibrate and test"),
        (shop(3_000, seed=1, yearly_rate=0), "there are 0 and"),
        (
            shop(3_000, seed=1, truth=Truth(), yearly_rate=1.0),
            "not a significant improvement (a lead of more than 0.01 is required), so nothing is published",
        ),
        (
            shop(3_000, seed=2, truth=Truth(), yearly_rate=1.0, price=10.0),
            "not a significant improvement (a lead of more than 0.01 is required), so nothing is published",
        ),
    ],
    ids=["an empty shop", "sixty customers", "three months", "nobody comes back", "nothing drives", "constant prices"],
)
def test_a_model_without_enough_data_or_skill_is_not_published(made: Shop, says: str, tmp_path: Path) -> None:
    with opened(made) as con:
        assert make(con, "churn_scores", tmp_path).height == 0
    card = pl.read_parquet(tmp_path / "churn_fit.parquet").filter(kind="card")
    said = dict(card.select("name", "said").iter_rows())
    assert said["status"] == "refused"
    assert "champion" not in said
    assert says in said["reason"]


def test_row_order_threads_and_reruns_do_not_change_the_bytes(tmp_path: Path) -> None:
    turned = {name: rows.sample(fraction=1.0, shuffle=True, seed=3) for name, rows in driven().items()}
    made = []
    for shown, threads, is_again in ((driven(), 1, False), (turned, 2, False), (driven(), 2, True)):
        folder = tmp_path / f"{threads}{is_again}"
        folder.mkdir()
        past = Past(pl.read_parquet(tmp_path / "1False" / "churn_fit.parquet")) if is_again else Past()
        with opened(shown, threads) as con:
            assert make(con, "churn_scores", folder, FEWER, past).height == 8_000
        made.append([(folder / f"{table}.parquet").read_bytes() for table in ("churn_scores", "churn_fit")])
    assert made[0] == made[1] == made[2]


def test_a_month_later_the_model_is_kept_and_the_scores_are_new(tmp_path: Path) -> None:
    earlier = as_known_on(driven(), LAST_DAY - timedelta(days=30))
    earlier |= {"reporting_period": reporting_period(LAST_DAY - timedelta(days=30))}
    fits: list[pl.DataFrame] = []
    for made, past in ((earlier, Past()), (driven(), None)):
        with opened(made) as con:
            scores = make(con, "churn_scores", tmp_path, FEWER, past or Past(fits[0]))
            fits.append(pl.read_parquet(tmp_path / "churn_fit.parquet"))
    assert scores["as_of"].unique().to_list() == [LAST_DAY]
    published = pl.col("name").str.contains(PUBLISHED)
    chosen = [fit.filter(~published, kind="parameter").sort("name") for fit in fits]
    assert_frame_equal(chosen[0], chosen[1], check_exact=True)
    base_rate = [fit.filter(published, kind="parameter")["value"].to_list() for fit in fits]
    assert base_rate[0] != base_rate[1], "the base rate is computed from the latest outcomes"
    card = fits[1].filter(kind="card", name="fitted_as_of")["said"].to_list()
    assert card == [(LAST_DAY - timedelta(days=30)).isoformat()]
    assert fits[1].filter(kind="drift").height > 0


def test_probabilities_are_calibrated() -> None:
    """The customers of one day, scored by a model that was fitted on earlier data only."""
    made = shop(8_000, seed=1, days=810)
    day = LAST_DAY
    known = as_known_on(made, day)
    known |= {"reporting_period": reporting_period(day)}
    with opened(known) as con:
        scores = fit(con, MiningSettings(), Past()).tables["churn_scores"]
    after = made["fct_orders"].filter(pl.col("order_date") > day, pl.col("order_date") <= day + timedelta(days=90))
    came = scores.with_columns(came=pl.col("customer_id").is_in(after["customer_id"].unique().to_list()))
    for (form,), people in came.group_by("form"):
        expected, real = (1 - people["probability"]).mean(), people["came"].mean()
        assert real == pytest.approx(expected, rel=0.25), form
        worst, best = (people.filter(pl.col("decile") == number)["came"].mean() for number in (1, 10))
        assert best > 5 * worst, form  # type: ignore[operator]


def test_each_type_of_prediction_has_its_own_backtest(tmp_path: Path) -> None:
    """After 600 days, too few customers have ordered again early enough to test the next-order form twice."""
    known = as_known_on(driven(), day := FIRST + timedelta(days=600))
    with opened(known | {"reporting_period": reporting_period(day)}) as con:
        scores = make(con, "churn_scores", tmp_path)
    assert scores.filter(form="second order")["probability"].null_count() == 0
    untested = scores.filter(form="next order")
    assert untested.height > 1_000 and untested["probability"].is_null().all()
    assert untested.filter(decile=1)["top_reasons"].is_not_null().all()
    [reason] = pl.read_parquet(tmp_path / "churn_fit.parquet").filter(kind="card", name="reason")["said"]
    assert reason.index("so the column probability is empty") < reason.index("so the column probability is filled")


def test_nothing_that_is_fitted_changes_when_the_test_period_changes() -> None:
    """Some orders of the test period are removed: they are labels of the test and of nothing else.

    Only the published calibration, and no figure of the test, is fitted on these days.
    """
    made, test_day = driven(), LAST_DAY - timedelta(days=90)
    is_tested = pl.col("order_date") > test_day
    altered = made | {"fct_orders": made["fct_orders"].filter(~is_tested | (pl.col("order_id").hash(1) % 5 < 3))}
    fits = []
    for of in (made, altered):
        with opened(of) as con:
            fits.append(fit(con, FEWER, Past()))
    assert fits[0].notes == fits[1].notes
    for form in (SECOND, NEXT):
        names = [name for name in fits[0].parameters if name.startswith(form.name) and PUBLISHED not in name]
        assert len([name for name in names if "calibration of" in name]) >= 4
        assert {name: fits[0].parameters[name] for name in names} == {name: fits[1].parameters[name] for name in names}
        published = [fitted.parameters[f"{form.name}: {PUBLISHED}, shift"] for fitted in fits]
        assert published[0] > published[1], "fewer customers order, so the published base rate is lower"
    tested = [{(rival.name, rival.metric): rival.value for rival in fitted.rivals} for fitted in fits]
    assert all(tested[0][key] != tested[1][key] for key in tested[0] if key[1] in (LIFT, BRIER))


def test_the_baseline_is_tested_on_all_customers() -> None:
    """The card states which steps use a sample; the list and its baseline are tested on all customers of the day."""
    with opened(driven()) as con:
        fitted = fit(con, FEWER, Past())
    known = driven()["fct_orders"].filter(pl.col("order_date") <= LAST_DAY - timedelta(days=90))
    once = known.group_by("customer_id").agg(pl.col("order_date").n_unique()).filter(order_date=1).height
    assert once > FEWER.people_sample
    assert f"in a test on all {once:,} customers of a later time" in fitted.card.reason
    assert "at most 2,000 customers" in fitted.card.trained_on
    assert "tested, with the rivals, on those of all customers" in fitted.card.trained_on


def _buyers(rng: np.random.Generator, people: int, horizon: int) -> pl.DataFrame:
    """Customers of the BG/NBD model: each orders at random at an individual rate, and may drop out after any purchase."""
    rows = []
    for rate, leaves, age in zip(
        rng.gamma(1.0, 1 / 60, people), rng.beta(1, 3, people), rng.integers(150, 600, people), strict=True
    ):
        bought, then = [0], 0.0
        while then <= age + horizon and (len(bought) == 1 or rng.random() > leaves):
            then += rng.exponential(1 / rate)
            bought.append(int(then))
        seen = sorted({day for day in bought if day <= age})
        rows.append((len(seen), int(age), int(age) - seen[-1], any(age < day <= age + horizon for day in bought)))
    return pl.DataFrame(rows, ["purchases", "tenure_days", "recency_days", "outcome"], orient="row")


def test_the_probability_by_bg_nbd_alone_is_calibrated() -> None:
    known = _buyers(np.random.default_rng(8), 6_000, 90)
    probability, outcome = purchase_probabilities(known, 90, 6_000), known["outcome"].to_numpy()
    assert probability is not None
    for quarter in np.array_split(np.argsort(probability, kind="stable"), 4):
        assert outcome[quarter].mean() == pytest.approx(probability[quarter].mean(), abs=0.03)
    assert purchase_probabilities(known.head(30), 90, 6_000) is None


def test_every_customer_is_in_one_form() -> None:
    made = pl.DataFrame({"purchases_made": [1, 2, 7]})
    assert made.select(SECOND.scope.alias("s"), NEXT.scope.alias("n")).rows() == [(True, False), (False, True), (False, True)]


# CDNOW, whose file may not be redistributed: the figures of Fader and Hardie's master set, all customers in one form.


@pytest.fixture
def cdnow() -> Shop:
    path = os.environ.get("ECOM_LAKE_CDNOW_MASTER")
    if not path:
        pytest.skip("the CDNOW master file is not here: set ECOM_LAKE_CDNOW_MASTER to its path")
    cells = [row for line in Path(path).read_text(encoding="utf-8").splitlines() if (row := line.split()) and row[1].isdigit()]
    frame = pl.DataFrame(cells, ["customer_id", "day", "units", "paid"], orient="row").with_row_index("order_id")
    placed = frame.select(
        pl.col("order_id").cast(pl.String),
        "customer_id",
        pl.col("day").str.to_date("%Y%m%d").alias("order_date"),
        pl.col("units").cast(pl.Int64),
        pl.col("units").cast(pl.Int64).alias("items"),
        pl.col("paid").cast(pl.Decimal(18, 2)).alias("net_sales"),
    ).sort("customer_id", "order_date", "order_id")
    gap = placed.select("customer_id", "order_date").unique().sort("customer_id", "order_date")
    gap = gap.with_columns(gap_days=pl.col("order_date").diff().over("customer_id").dt.total_days())
    placed = placed.join(gap, on=["customer_id", "order_date"], maintain_order="left").with_columns(
        ordered_at=pl.col("order_date").cast(pl.Datetime("us")),
        gross_sales=pl.col("net_sales"),
        order_number=pl.int_range(1, pl.len() + 1).over("customer_id"),
        opens_purchase=pl.int_range(pl.len()).over("customer_id", "order_date") == 0,
        discounts=pl.lit(0).cast(pl.Decimal(18, 2)),
        freight=pl.lit(0).cast(pl.Decimal(18, 2)),
        instalments=pl.lit(None, pl.Int64),
        state=pl.lit(None, pl.String),
        promised_date=pl.lit(None, pl.Date),
        is_valid=pl.lit(True),
    )
    lines = placed.with_columns(category=pl.lit("unknown"))
    return nothing() | {"fct_orders": placed, "fct_sales": lines}


def test_cdnow(cdnow: Shop) -> None:
    train = (date(1997, 3, 31), date(1997, 6, 30), date(1997, 9, 30))
    at = Cutoffs(train, date(1997, 12, 31), date(1998, 3, 31), 90)
    with opened(cdnow) as con:
        snapshots = Snapshots(
            con, 90, MiningSettings().people_sample, ALL, [Form("any order", 1, None, "order again", "do not order again")]
        )
        [evaluation] = evaluate_forms(snapshots, at, MiningSettings())
    found = {(rival.name.removeprefix("any order: "), rival.metric): rival.value for rival in evaluation.rivals}
    assert 23_570 < evaluation.n <= 3 * 23_570
    assert found["recency", "PR-AUC"] == pytest.approx(0.437, abs=0.002)
    assert found["BG/NBD", "PR-AUC"] == pytest.approx(0.533, abs=0.01)
    assert found["logistic regression", "PR-AUC"] == pytest.approx(0.538, abs=0.015)
    assert found["random forest", "PR-AUC"] == pytest.approx(0.537, abs=0.015)
