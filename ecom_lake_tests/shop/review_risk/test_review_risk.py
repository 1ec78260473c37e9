from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ecom_lake.engine.contracts.fitted import Past
from ecom_lake.engine.contracts.sql_file import sql_file
from ecom_lake.shop.rankings.evaluation import LIFT
from ecom_lake.shop.rankings.hash_sample import HashSample
from ecom_lake.shop.rankings.probability_backtest import BRIER, KNOWN, PUBLISHED
from ecom_lake.shop.review_risk import features
from ecom_lake.shop.review_risk.features import (
    BAD_SCORE,
    EVERY_ORDER,
    FEATURES,
    GROUPS,
    Orders,
    answers,
    reviews_of,
    shipped_orders,
)
from ecom_lake.shop.review_risk.review_risk_model import fit, just_answered, open_orders_on
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake_tests.builders.gold_table import make
from ecom_lake_tests.builders.returning_customers import (
    FIRST,
    Shop,
    as_known_on,
    nothing,
    opened,
    reporting_period,
    shop,
    shuffled,
)

DAY = FIRST + timedelta(days=400)
LAST_DAY = FIRST + timedelta(days=719)
FEWER = MiningSettings(people_sample=2_500)


@cache
def driven() -> Shop:
    return shop(15_000, seed=1)


def shipped_by(made: Shop, day: date, leak: str | None = None) -> pl.DataFrame:
    """With `leak`, a column more in the SELECT of features.sql."""
    with opened(made) as con:
        if leak is None:
            return shipped_orders(con, day)
        text = sql_file(features.__file__, "features.sql")
        assert text.count("\nfrom known\n") == 1
        text = text.replace("\nfrom known\n", f",\n({leak})::double as leak\nfrom known\n")
        made_with: pl.DataFrame = con.sql(text, params={"until": day, "bad_score": BAD_SCORE, **EVERY_ORDER.parameters}).pl()
        return made_with


def test_no_feature_uses_data_from_after_shipping() -> None:
    made = shop(3_000, seed=2)
    for day in (DAY, DAY - timedelta(days=200)):
        whole, then = shipped_by(made, DAY), shipped_by(as_known_on(made, day), day)
        assert_frame_equal(whole.filter(pl.col("shipped_on") <= day), then, check_exact=True)


@pytest.mark.parametrize(
    "leak",
    [
        "(select max(r.score) from reviews as r where r.order_id = known.order_id)",
        "(select date_diff('day', known.shipped_on, o.delivered_at::date) from orders as o where o.order_id = known.order_id)",
    ],
    ids=["the score", "the delivery"],
)
def test_a_feature_that_uses_data_from_after_shipping_is_detected(leak: str) -> None:
    made = shop(3_000, seed=2)
    with pytest.raises(AssertionError, match="leak"):
        assert_frame_equal(shipped_by(made, DAY, leak), shipped_by(as_known_on(made, DAY), DAY, leak))


def test_the_orders_that_are_read_are_a_sample_and_all_recent_ones() -> None:
    made, recent = shop(3_000, seed=2), DAY - timedelta(days=45)
    with opened(made) as con:
        read = Orders(HashSample(0.25), recent)
        everything, some = shipped_orders(con, DAY), shipped_orders(con, DAY, read)
        every_answer, some_answers = (answers(reviews_of(con, orders), DAY, 45) for orders in (EVERY_ORDER, read))
        query = "select order_id from orders where md5(order_id) < '4' or shipped_at::date > $recent"
        chosen = con.sql(query, params={"recent": recent}).pl()
    assert 0.2 < some.height / everything.height < 0.45
    assert_frame_equal(some, everything.join(chosen, on="order_id", how="semi"), check_exact=True)
    assert_frame_equal(some_answers, every_answer.join(chosen, on="order_id", how="semi"), check_exact=True)


def test_above_the_limit_the_list_of_orders_is_that_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(driven()) as con:
        whole = fit(con, FEWER, Past())
        monkeypatch.setattr("ecom_lake.shop.review_risk.review_risk_model.MOST_READ", 12_000)
        sampled = fit(con, FEWER, Past())
    assert "tested on all of" in whole.card.trained_on
    assert "tested on a random" in sampled.card.trained_on
    listed = [set(fitted.tables["review_risk"]["order_id"]) for fitted in (whole, sampled)]
    assert listed[0] and listed[0] == listed[1]


def test_the_query_returns_the_listed_features() -> None:
    assert shipped_by(shop(40, seed=0), DAY).columns == ["order_id", "shipped_on", *FEATURES]


def test_every_feature_is_in_one_group() -> None:
    grouped = [feature for group in GROUPS for feature in group.features]
    assert sorted(grouped) == sorted(FEATURES)


def test_a_sellers_earlier_ratings_have_the_hand_computed_values() -> None:
    """Ten good reviews of one seller by day 100, then a bad one on day 101; another seller has none."""
    made = shop(30, seed=0)
    places = made["fct_orders"].head(13).with_columns(order_date=pl.lit(FIRST), ordered_at=pl.lit(FIRST).cast(pl.Datetime("us")))
    ids = places["order_id"].to_list()
    days = [50] * 11 + [101, 102]
    sent = pl.DataFrame(
        {
            "order_id": ids,
            "shipped_at": [FIRST + timedelta(days=day) for day in days],
            "delivered_at": [None] * 13,
        },
        {"order_id": pl.String, "shipped_at": pl.Datetime("us"), "delivered_at": pl.Datetime("us")},
    )
    reviewed = pl.DataFrame(
        {
            "review_id": ids[:11],
            "order_id": ids[:11],
            "score": [5.0] * 10 + [1.0],
            "is_score_imputed": [False] * 11,
            "created_at": [None] * 11,
            "answered_at": [FIRST + timedelta(days=day) for day in [100] * 10 + [101]],
        },
        made["reviews"].schema,
    )
    lines = made["fct_sales"].head(13).with_columns(order_id=pl.Series(ids), seller_id=pl.lit("s00"), category=pl.lit("toys"))
    made |= {"fct_orders": places, "orders": sent, "reviews": reviewed, "fct_sales": lines}
    found = shipped_by(made, FIRST + timedelta(days=110)).sort("order_id")
    at = {day: found.row(days.index(day), named=True) for day in (50, 101, 102)}
    assert (at[50]["seller_reviews"], at[50]["seller_bad_share"], at[50]["recent_bad_share"]) == (0, None, None)
    # The bad review is written on the day of the second shipment: it is not known at that time.
    assert (at[101]["seller_reviews"], at[101]["seller_bad_share"]) == (10, 0)
    assert at[102]["seller_reviews"] == 11
    assert at[102]["seller_bad_share"] == pytest.approx((1 + 10 * 1 / 11) / (11 + 10))
    assert at[102]["recent_bad_share"] == pytest.approx(1 / 11)
    with opened(made) as con:
        reviews = reviews_of(con)
    became = answers(reviews, FIRST + timedelta(days=110), followed=60).sort("order_id")
    sooner = answers(reviews, FIRST + timedelta(days=110), followed=45)
    assert became["is_bad"].to_list() == [False] * 10 + [True]
    # An answer after the window does not count.
    assert sooner["is_bad"].is_null().all()


def test_the_latest_review_in_time_decides_how_an_order_ended() -> None:
    shipped, days = FIRST, [5, 9, 70]
    reviews = pl.DataFrame(
        {
            "order_id": ["a"] * 3,
            "shipped_on": [shipped] * 3,
            "answered_on": [shipped + timedelta(days=day) for day in reversed(days)],
            "is_bad": [True, False, True],
        }
    )
    [ended] = answers(reviews, shipped + timedelta(days=90), followed=60).rows()
    assert ended == ("a", False, shipped + timedelta(days=5), False)
    [earlier] = answers(reviews, shipped + timedelta(days=6), followed=60).rows()
    assert earlier == ("a", True, shipped + timedelta(days=5), False)


def test_planted_drivers_are_ranked_by_their_effect(tmp_path: Path) -> None:
    with opened(driven()) as con:
        risk = make(con, "review_risk", tmp_path)
    fitted = pl.read_parquet(tmp_path / "review_risk_fit.parquet")
    lost = fitted.filter(kind="curve", name="importance").sort("position")
    assert lost["said"].to_list()[:2] == ["promise", "seller"]
    assert lost["value"][1] > 5 * abs(lost["value"][2:]).max()  # type: ignore[operator]
    assert risk["shipped_on"].min() == FIRST + timedelta(days=719 - 44)
    worst = risk.filter(decile=1)
    assert worst["top_reasons"].str.contains("promised day|reviews were bad").all()
    later = driven()["reviews"].join(risk, on="order_id").group_by("decile").agg(bad=(pl.col("score") <= 2).mean())
    bad = dict(later.iter_rows())
    assert bad[1] > 3 * bad[10]


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (nothing(), "The shop has 0 days of shipped orders"),
        (shop(60, seed=1), "there are too few reviewed orders to train a model. It takes at least 50"),
        (shop(3_000, seed=1, days=90), "days of shipped orders; to train, calibrate and test a model"),
        (shuffled(shop(5_000, seed=1)), "a lead of more than 0.01 is required), so nothing is published"),
    ],
    ids=["an empty shop", "sixty customers", "three months", "shuffled scores"],
)
def test_a_model_without_enough_data_or_skill_is_not_published(made: Shop, says: str, tmp_path: Path) -> None:
    with opened(made) as con:
        assert make(con, "review_risk", tmp_path).height == 0
    said = dict(pl.read_parquet(tmp_path / "review_risk_fit.parquet").filter(kind="card").select("name", "said").iter_rows())
    assert said["status"] == "refused"
    assert "champion" not in said
    assert says in said["reason"]


def test_a_shop_without_reviews_gets_no_model(tmp_path: Path) -> None:
    made = driven()
    with opened(made | {"reviews": made["reviews"].clear()}) as con:
        assert make(con, "review_risk", tmp_path).height == 0


@pytest.mark.parametrize(
    ("days_before", "is_fitted_later"),
    [(105, ("calibration of", PUBLISHED)), (45, (PUBLISHED,))],
    ids=["the test of the ranking", "the outcomes of the last origin"],
)
def test_nothing_that_is_fitted_changes_when_the_test_period_changes(days_before: int, is_fitted_later: tuple[str, ...]) -> None:
    """Some reviews answered after the fit, which are labels of the test, are inverted.

    Orders from 105 days before the as-of date on are tested and not fitted; the last origin is 45 days before the as-of date.
    """
    made, day = driven(), LAST_DAY - timedelta(days=days_before)
    is_turned = (pl.col("answered_at").dt.date() > day) & (pl.col("order_id").hash(1) % 6 == 0)
    reviews = made["reviews"].with_columns(score=pl.when(is_turned).then(6 - pl.col("score")).otherwise("score"))
    fits = []
    for of in (made, made | {"reviews": reviews}):
        with opened(of) as con:
            fits.append(fit(con, FEWER, Past()))
    assert fits[0].notes == fits[1].notes
    names = [name for name in fits[0].parameters if not any(part in name for part in is_fitted_later)]
    assert {name: fits[0].parameters[name] for name in names} == {name: fits[1].parameters.get(name) for name in names}
    later = [name for name in fits[0].parameters if PUBLISHED in name and "shift" in name]
    assert [fits[0].parameters[name] for name in later] != [fits[1].parameters.get(name) for name in later]
    tested = [{(rival.name, rival.metric): rival.value for rival in fitted.rivals} for fitted in fits]
    assert all(tested[0][key] != tested[1][key] for key in tested[0] if key[1] in (LIFT, BRIER) and KNOWN not in key[0])


def test_an_origin_uses_only_data_known_on_its_day() -> None:
    """The orders that an origin predicts, and its calibration outcomes, equal those of the shop truncated at that day."""
    made = shop(3_000, seed=2)
    found = []
    for shown, until in ((made, LAST_DAY), (as_known_on(made, DAY), DAY)):
        with opened(shown) as con:
            known, reviews = shipped_orders(con, until), reviews_of(con)
            latest = just_answered(known, reviews, DAY, FEWER)
            found.append((open_orders_on(known, reviews, DAY, FEWER), latest))
    assert_frame_equal(found[0][0], found[1][0], check_exact=True)
    assert found[0][0].height > 50 and max(found[0][0]["shipped_on"]) <= DAY
    for part in ("x", "outcome", "weight"):
        assert np.array_equal(getattr(found[0][1], part), getattr(found[1][1], part), equal_nan=part == "x")


def test_a_list_with_untested_probabilities_has_none(tmp_path: Path) -> None:
    """The ranking of a young shop can be tested, and its probabilities only once: deciles and reasons are published."""
    with opened(shop(15_000, seed=1, days=390)) as con:
        risk = make(con, "review_risk", tmp_path, FEWER)
    assert risk.height > 500
    assert risk["probability"].is_null().all()
    assert risk["decile"].unique().sort().to_list() == list(range(1, 11))
    assert risk.filter(decile=1)["top_reasons"].is_not_null().all()
    fitted = pl.read_parquet(tmp_path / "review_risk_fit.parquet")
    [reason] = fitted.filter(kind="card", name="reason")["said"]
    assert "so it is published" in reason
    assert "so the column probability is empty: use decile and reasons" in reason
    assert not fitted["name"].str.contains(PUBLISHED).any()


def test_probabilities_of_waiting_orders_are_calibrated() -> None:
    """In this shop, bad reviews arrive three weeks later, and in the last half year there are three times as many of them.

    The published probability of orders that wait for a review is their own rate, not that of all shipped orders.
    """
    made = shop(40_000, seed=3, days=810)
    reviews, bad = made["reviews"], pl.col("score") <= BAD_SCORE
    late = pl.col("answered_at") + pl.when(bad).then(pl.duration(days=15)).otherwise(pl.duration(days=0))
    was_good = (pl.col("order_id").hash(1) % 3 > 0) & (pl.col("answered_at").dt.date() < LAST_DAY - timedelta(days=180))
    reviews = reviews.with_columns(score=pl.when(bad & was_good).then(5.0).otherwise("score")).with_columns(answered_at=late)
    made |= {"reviews": reviews}
    known = as_known_on(made, LAST_DAY)
    known |= {"reporting_period": reporting_period(LAST_DAY)}
    with opened(known) as con:
        risk = fit(con, MiningSettings(), Past()).tables["review_risk"]
    became = risk.join(reviews, on="order_id").with_columns(happened=bad)
    shipped = made["orders"].filter(pl.col("shipped_at").dt.date() > LAST_DAY - timedelta(days=45)).join(reviews, on="order_id")
    assert became["happened"].mean() > 1.3 * shipped.select(bad.mean()).item()
    assert became["probability"].mean() == pytest.approx(became["happened"].mean(), rel=0.15)


def test_row_order_threads_and_reruns_do_not_change_the_bytes(tmp_path: Path) -> None:
    turned = {name: rows.sample(fraction=1.0, shuffle=True, seed=3) for name, rows in driven().items()}
    made = []
    for shown, threads, is_again in ((driven(), 1, False), (turned, 2, False), (driven(), 2, True)):
        folder = tmp_path / f"{threads}{is_again}"
        folder.mkdir()
        past = Past(pl.read_parquet(tmp_path / "1False" / "review_risk_fit.parquet")) if is_again else Past()
        with opened(shown, threads) as con:
            assert make(con, "review_risk", folder, FEWER, past).height > 300
        made.append([(folder / f"{table}.parquet").read_bytes() for table in ("review_risk", "review_risk_fit")])
    assert made[0] == made[1] == made[2]
