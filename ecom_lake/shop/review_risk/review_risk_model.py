"""Which orders in transit will get a bad review, from what is known when they are shipped.

Scored are valid orders that were shipped recently and have no review by the as-of date. The model is fitted on orders that were
reviewed, so the probability is that of a bad review if there is one. Bad reviews arrive later than good ones, so orders that
still wait for a review end worse than all shipped orders: the calibration weighs each order by the number of days it waited,
which is how often it was on the list.
Not here: features (features.py), the fit of models (ranker.py), their gate (evaluation.py), and the test of their probabilities
(probability_backtest.py).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl

from ecom_lake.engine.contracts.fitted import Card, Fitted, Past
from ecom_lake.engine.contracts.gate import unmeasured
from ecom_lake.engine.contracts.sql_file import sql_file
from ecom_lake.shop.rankings.evaluation import Evaluation, Target, evaluate
from ecom_lake.shop.rankings.hash_sample import MOST_READ, HashSample
from ecom_lake.shop.rankings.probability_backtest import Backtest, Origin, backtest, predict_at, with_backtest
from ecom_lake.shop.rankings.ranker import select
from ecom_lake.shop.rankings.reasons import group_importance, importance_curve, ranked_list
from ecom_lake.shop.rankings.sample import Sample
from ecom_lake.shop.rankings.time_splits import Window, Windows, origins, window_days_needed, windows
from ecom_lake.shop.review_risk.features import (
    BAD_SCORE,
    FEATURES,
    GROUPS,
    SELLER_BAD_SHARE,
    Orders,
    answers,
    reviews_of,
    shipped_orders,
)
from ecom_lake.shop.review_risk.review_risk import ReviewRisk
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.arrays import Floats
from ecom_lake.statistics.logistic_regression import Platt
from ecom_lake.statistics.random_forest import TREES_TO_TRY

READS = ("dim_product", "dim_seller", "fct_orders", "fct_sales", "orders", "places", "reporting_period", "reviews")
VERSION = 2
CALIBRATION_ORDERS, CALIBRATION_DAYS = 2_000, 60
"""A calibration is fitted on the latest reviewed orders: so many, and answered in so many days."""
_TESTED_UNTIL = "tested until"
TARGET = Target("bad review", "reviewed orders", "end in a bad review", "the seller's past", FEATURES)


def fit(con: duckdb.DuckDBPyConnection, settings: MiningSettings, past: Past) -> Fitted:
    first, as_of = _days(con)
    is_kept = past.serves(VERSION, settings, as_of) and _TESTED_UNTIL in past.notes
    until = date.fromisoformat(past.notes[_TESTED_UNTIL]) if is_kept else as_of
    splits = windows(first, until, settings.review_days) if first and until else None
    if splits is None or as_of is None or until is None or first is None:
        return Fitted({"review_risk": _no_rows()}, _too_young(first, as_of, settings))
    read = Orders(HashSample.of(_shipped(con), MOST_READ), as_of - timedelta(days=settings.review_days))
    known, reviews = shipped_orders(con, as_of, read), reviews_of(con, read)
    settled = known.join(answers(reviews, until, settings.review_days), on="order_id", how="inner")
    train, later = (reviewed(settled, window, settings.people_sample) for window in (splits.train, splits.calibrate))
    test = reviewed(settled, splits.test)
    evaluation = evaluate(TARGET, train, later, test, settings.seed, past.notes if is_kept else None, read.sample)
    waiting = open_orders_on(known, reviews, as_of, settings)
    scores, curves = _no_rows(), []
    if evaluation.is_published:
        tested = backtest_orders(known, reviews, settled, first, until, settings)
        evaluation, platt = with_backtest(evaluation, tested, just_answered(known, reviews, as_of, settings))
        importance = group_importance(evaluation, GROUPS, settings.seed)
        scores = _scored(waiting, evaluation, importance, platt, as_of, settings)
        curves = [importance_curve(TARGET.name, importance)]
    return Fitted(
        {"review_risk": scores},
        _card(evaluation, splits, as_of, past.fitted_as_of if is_kept else as_of, read),
        evaluation.rivals,
        [*evaluation.curves, *curves],
        evaluation.parameters,
        _seen(waiting, scores),
        {_TESTED_UNTIL: until.isoformat(), **evaluation.notes},
    )


def backtest_orders(
    known: pl.DataFrame, reviews: pl.DataFrame, settled: pl.DataFrame, first: date, until: date, settings: MiningSettings
) -> Backtest:
    """The probabilities as they would have been published on days of the year before the fit."""
    tried = [_origin(known, reviews, settled, first, day, settings) for day in origins(until, settings.review_days)]
    return backtest(TARGET.name, TARGET.does, "orders", [origin for origin in tried if origin], settings.seed)


def _origin(
    known: pl.DataFrame, reviews: pl.DataFrame, settled: pl.DataFrame, first: date, day: date, settings: MiningSettings
) -> Origin | None:
    """What `fit` would do on that day, and how the orders that then waited for a review ended.

    The forest has fewer trees than that of `fit`, to save time.
    """
    splits = windows(first, day, settings.review_days)
    if splits is None:
        return None
    train, later = (reviewed(settled, window, settings.people_sample) for window in (splits.train, splits.calibrate))
    if not (train.has_enough_events and later.has_enough_events):
        return None
    ranker = select(train, later, settings.seed, trees=TREES_TO_TRY).ranker
    outcomes = answers(reviews, day + timedelta(days=settings.review_days), settings.review_days)
    ended = open_orders_on(known, reviews, day, settings).join(outcomes, on="order_id").filter(pl.col("is_bad").is_not_null())
    return predict_at(day, ranker, just_answered(known, reviews, day, settings), _sample(ended.sort("order_id")))


def just_answered(known: pl.DataFrame, reviews: pl.DataFrame, day: date, settings: MiningSettings) -> Sample:
    """The orders whose first review was answered last, with the outcome that was known by then.

    These are the latest outcomes that exist: all orders of a day are settled only `review_days` after they were shipped.
    The weight is the number of days an order waited: one that waits ten times as long is ten times as likely to be on a day's
    list.
    """
    answered = known.join(answers(reviews, day, settings.review_days), on="order_id").filter(
        pl.col("first_answered_on") > day - timedelta(days=CALIBRATION_DAYS),
        pl.col("is_bad").is_not_null(),
        ~pl.col("is_answered_before_shipping"),
    )
    latest = answered.sort("first_answered_on", "order_id").tail(CALIBRATION_ORDERS)
    waited = (latest["first_answered_on"] - latest["shipped_on"]).dt.total_days()
    return replace(_sample(latest), weight=waited.cast(pl.Float64).to_numpy())


def reviewed(settled: pl.DataFrame, window: Window, most: int | None = None) -> Sample:
    """The orders shipped in a window and reviewed after it, early enough; up to so many, evenly over time."""
    orders = settled.filter(
        pl.col("shipped_on") > window.after,
        pl.col("shipped_on") <= window.until,
        pl.col("is_bad").is_not_null(),
        ~pl.col("is_answered_before_shipping"),
    ).sort("shipped_on", "order_id")
    if most is not None and orders.height > most:
        orders = orders[np.linspace(0, orders.height - 1, most).astype(int)]
    return _sample(orders)


def _sample(orders: pl.DataFrame) -> Sample:
    """Orders shipped in one week share its weather, strikes and errors: they are one cluster."""
    week = orders["shipped_on"].dt.truncate("1w").to_physical().to_numpy()
    baseline = orders[SELLER_BAD_SHARE].fill_null(0.0).to_numpy()
    return Sample(_matrix(orders), orders["is_bad"].to_numpy().astype(bool), baseline, cluster=week)


def open_orders_on(known: pl.DataFrame, reviews: pl.DataFrame, day: date, settings: MiningSettings) -> pl.DataFrame:
    """The orders on the list of that day."""
    reviewed_by_then = answers(reviews, day, settings.review_days).select("order_id")
    shipped = known.filter(pl.col("shipped_on") > day - timedelta(days=settings.review_days), pl.col("shipped_on") <= day)
    return shipped.join(reviewed_by_then, on="order_id", how="anti").sort("order_id")


def _matrix(frame: pl.DataFrame) -> Floats:
    columns = [pl.col(feature).fill_null(float("nan")) for feature in TARGET.features]
    return frame.select(columns).to_numpy().reshape(frame.height, len(columns))


def _scored(
    orders: pl.DataFrame,
    evaluation: Evaluation,
    importance: dict[str, float],
    platt: Platt | None,
    as_of: date,
    settings: MiningSettings,
) -> pl.DataFrame:
    scored = ranked_list(evaluation, _matrix(orders), GROUPS, importance, platt)
    keys = orders.select(
        "order_id",
        "shipped_on",
        pl.lit(as_of).alias("as_of"),
        pl.lit(settings.review_days, pl.Int64).alias("followed_days"),
    )
    return keys.hstack(scored)


def _no_rows() -> pl.DataFrame:
    return pl.DataFrame(schema=ReviewRisk.table.schema)


def _days(con: duckdb.DuckDBPyConnection) -> tuple[date | None, date | None]:
    """The day on which the first order was shipped, and the as-of date."""
    [(as_of, first)] = con.execute(sql_file(__file__, "days.sql")).fetchall()
    return first, as_of


def _shipped(con: duckdb.DuckDBPyConnection) -> int:
    [(orders,)] = con.execute("select count(*) from orders where shipped_at is not null").fetchall()
    return int(orders)


def _too_young(first: date | None, as_of: date | None, settings: MiningSettings) -> Card:
    known = (as_of - first).days if first and as_of else 0
    return Card(
        predicts=f"a review of {BAD_SCORE} or less",
        population="orders shipped and not yet reviewed",
        as_of=as_of,
        fitted_as_of=as_of,
        trained_on="nothing",
        n=0,
        verdict=unmeasured(
            f"The shop has {known} days of shipped orders; to train, calibrate and test a model, and to wait"
            f" {settings.review_days} days for reviews each time, takes {window_days_needed(settings.review_days)},"
            " so no list is published."
        ),
    )


def _card(evaluation: Evaluation, splits: Windows, as_of: date, fitted_as_of: date | None, read: Orders) -> Card:
    return Card(
        predicts=f"a review of {BAD_SCORE} or less, if there is one",
        population="valid orders shipped recently and not yet reviewed, by what was known when they were shipped",
        as_of=as_of,
        fitted_as_of=fitted_as_of,
        trained_on=(
            f"reviewed orders shipped {_span(splits.train)}; selected on those of {_span(splits.calibrate)},"
            f" tested on {read.sample.in_words} of {_span(splits.test)}"
        ),
        n=evaluation.n,
        verdict=evaluation.verdict,
        details=evaluation.details,
    )


def _span(window: Window) -> str:
    return f"{window.after + timedelta(days=1)} to {window.until}"


def _seen(orders: pl.DataFrame, scores: pl.DataFrame) -> dict[str, float]:
    means = {f"mean {feature}": orders[feature].mean() for feature in TARGET.features}
    means["mean probability"] = scores["probability"].mean()
    return {name: round(float(value), 6) for name, value in means.items() if isinstance(value, int | float)}
