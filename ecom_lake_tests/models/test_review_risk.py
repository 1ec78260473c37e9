from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ecom_lake.contracts.mining_settings import MiningSettings
from ecom_lake.models.fitted import Past
from ecom_lake.models.rankings.review_features import FEATURES, GROUPS, Feature, answers, shipped_orders
from ecom_lake_tests.models.gold import make
from ecom_lake_tests.models.returning import FIRST, Shop, as_known_on, nothing, opened, shop, shuffled

DAY = FIRST + timedelta(days=400)
FEWER = MiningSettings(people_sample=2_500)


@cache
def driven() -> Shop:
    return shop(15_000, seed=1)


def shipped_by(made: Shop, day: date, features: tuple[Feature, ...] = FEATURES) -> pl.DataFrame:
    with opened(made) as con:
        return shipped_orders(con, day, features)


def test_no_feature_sees_what_comes_after_shipping() -> None:
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
def test_a_feature_that_sees_what_comes_after_shipping_would_be_caught(leak: str) -> None:
    made, features = shop(3_000, seed=2), (*FEATURES, Feature("leak", leak))
    with pytest.raises(AssertionError, match="leak"):
        assert_frame_equal(shipped_by(made, DAY, features), shipped_by(as_known_on(made, DAY), DAY, features))


def test_every_feature_is_in_one_group() -> None:
    grouped = [feature for group in GROUPS for feature in group.features]
    assert sorted(grouped) == sorted(feature.name for feature in FEATURES)


def test_what_a_seller_was_rated_before_by_hand() -> None:
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
    assert (at[50]["seller_reviews"], at[50]["seller_bad_share"], at[50]["bad_share_of_late"]) == (0, None, None)
    # The bad review comes on the day of the second shipment: it is not known then.
    assert (at[101]["seller_reviews"], at[101]["seller_bad_share"]) == (10, 0)
    assert at[102]["seller_reviews"] == 11
    assert at[102]["seller_bad_share"] == pytest.approx((1 + 10 * 1 / 11) / (11 + 10))
    assert at[102]["bad_share_of_late"] == pytest.approx(1 / 11)
    with opened(made) as con:
        became = answers(con, FIRST + timedelta(days=110), followed=60).sort("order_id")
        sooner = answers(con, FIRST + timedelta(days=110), followed=45)
    assert became["happened"].to_list() == [False] * 10 + [True]
    # Who answers too late has not answered.
    assert sooner["happened"].is_null().all()


def test_planted_drivers_are_found_in_their_order(tmp_path: Path) -> None:
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
        (shop(60, seed=1), "fewer than 50 of either kind"),
        (shop(3_000, seed=1, days=90), "days of shipped orders; to teach, correct and test a model"),
        (shuffled(shop(5_000, seed=1)), "which chance can explain, so there is no list"),
    ],
    ids=["an empty shop", "sixty customers", "three months", "shuffled scores"],
)
def test_it_refuses(made: Shop, says: str, tmp_path: Path) -> None:
    with opened(made) as con:
        assert make(con, "review_risk", tmp_path).height == 0
    said = dict(pl.read_parquet(tmp_path / "review_risk_fit.parquet").filter(kind="card").select("name", "said").iter_rows())
    assert said["status"] == "refused"
    assert "champion" not in said
    assert says in said["reason"]


def test_a_shop_without_reviews_is_refused(tmp_path: Path) -> None:
    made = driven()
    with opened(made | {"reviews": made["reviews"].clear()}) as con:
        assert make(con, "review_risk", tmp_path).height == 0


def test_same_bytes_in_any_order_on_any_threads_and_again(tmp_path: Path) -> None:
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
