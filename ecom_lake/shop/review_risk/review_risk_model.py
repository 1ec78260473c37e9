"""Which of the orders that are on their way will end in a bad review, as far as can be told when they are shipped?

Scored are valid orders shipped lately and not reviewed by the shop's today. A model learns from orders that were reviewed, so
the probability is that of a bad review if there is one. Bad reviews come late, so orders that still wait for a review end worse
than all that were shipped: the calibration counts each order as often as it was on the list, which is the days it waited.
Not here: what is known when an order is shipped (review_features.py), how models are fitted (ranker.py) and gated
(classification.py), and whether their probabilities are true (probability.py).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl

from ecom_lake.engine.contracts.fitted import Card, Fitted, Past
from ecom_lake.engine.contracts.gate import unmeasured
from ecom_lake.shop.rankings.evaluation import Judged, Question, judge
from ecom_lake.shop.rankings.probability_backtest import Origin, Proof, predict_at, prove, with_proof
from ecom_lake.shop.rankings.ranker import choose
from ecom_lake.shop.rankings.reasons import importance_curve, listed, lost_without
from ecom_lake.shop.rankings.sample import People
from ecom_lake.shop.rankings.time_splits import Window, Windows, origins, window_days_needed, windows
from ecom_lake.shop.review_risk import features as review_features
from ecom_lake.shop.review_risk.features import BAD, FEATURES, GROUPS, SELLER_BAD_SHARE, answers, shipped_orders
from ecom_lake.shop.review_risk.review_risk import ReviewRisk
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.arrays import Floats
from ecom_lake.statistics.logistic_regression import Platt
from ecom_lake.statistics.random_forest import TREES_TO_TRY

READS = (*review_features.READS, "dim_date")
VERSION = 2
CALIBRATED_ORDERS, CALIBRATED_DAYS = 2_000, 60
"""A calibration is fitted on the latest orders that were reviewed: so many, and answered in so many days."""
_FITTED = "tested until"
QUESTION = Question(
    "bad review", "reviewed orders", "end in a bad review", "the seller's past", [feature.name for feature in FEATURES]
)


def fit(con: duckdb.DuckDBPyConnection, settings: MiningSettings, past: Past) -> Fitted:
    first, as_of = _days(con)
    is_kept = past.serves(VERSION, settings, as_of) and _FITTED in past.notes
    until = date.fromisoformat(past.notes[_FITTED]) if is_kept else as_of
    at = windows(first, until, settings.review_days) if first and until else None
    if at is None or as_of is None or until is None or first is None:
        return Fitted({"review_risk": _none()}, _too_young(first, as_of, settings))
    known = shipped_orders(con, as_of)
    settled = known.join(answers(con, until, settings.review_days), on="order_id", how="inner")
    train, later = (reviewed(settled, part, settings.people_sample) for part in (at.train, at.calibrate))
    tested = reviewed(settled, at.test)
    verdict = judge(QUESTION, train, later, tested, settings.seed, past.notes if is_kept else None)
    waiting = open_orders_on(con, known, as_of, settings)
    scores, curves = _none(), []
    if verdict.is_better:
        proof = prove_orders(con, known, settled, first, until, settings)
        verdict, platt = with_proof(verdict, proof, just_answered(con, known, as_of, settings))
        lost = lost_without(verdict, GROUPS, settings.seed)
        scores = _scored(waiting, verdict, lost, platt, as_of, settings)
        curves = [importance_curve(QUESTION.name, lost)]
    return Fitted(
        {"review_risk": scores},
        _card(verdict, at, as_of, past.fitted_as_of if is_kept else as_of),
        verdict.rivals,
        [*verdict.curves, *curves],
        verdict.parameters,
        _seen(waiting, scores),
        {_FITTED: until.isoformat(), **verdict.notes},
    )


def prove_orders(
    con: duckdb.DuckDBPyConnection,
    known: pl.DataFrame,
    settled: pl.DataFrame,
    first: date,
    until: date,
    settings: MiningSettings,
) -> Proof:
    """The probabilities as they would have been published on days of the year before the fit."""
    tried = [_origin(con, known, settled, first, day, settings) for day in origins(until, settings.review_days)]
    return prove(QUESTION.name, QUESTION.does, "orders", [origin for origin in tried if origin], settings.seed)


def _origin(
    con: duckdb.DuckDBPyConnection,
    known: pl.DataFrame,
    settled: pl.DataFrame,
    first: date,
    day: date,
    settings: MiningSettings,
) -> Origin | None:
    """What `fit` would do on that day, and how the orders that then waited for a review ended.

    The forest has fewer trees than that of `fit`, to save time.
    """
    at = windows(first, day, settings.review_days)
    if at is None:
        return None
    train, later = (reviewed(settled, part, settings.people_sample) for part in (at.train, at.calibrate))
    if not (train.has_enough_events and later.has_enough_events):
        return None
    ranker = choose(train, later, settings.seed, trees=TREES_TO_TRY).ranker
    outcomes = answers(con, day + timedelta(days=settings.review_days), settings.review_days)
    ended = open_orders_on(con, known, day, settings).join(outcomes, on="order_id").filter(pl.col("happened").is_not_null())
    test = _people(ended.sort("order_id"))
    return predict_at(day, ranker, just_answered(con, known, day, settings), test)


def just_answered(con: duckdb.DuckDBPyConnection, known: pl.DataFrame, day: date, settings: MiningSettings) -> People:
    """The orders whose first review was answered last, with what was known of it by then.

    These are the latest outcomes that there are: all orders of a day are settled only `review_days` after they were shipped.
    Each counts for the days that it waited: one that waits ten times as long is ten times as likely to be on a day's list.
    """
    answered = known.join(answers(con, day, settings.review_days), on="order_id").filter(
        pl.col("first_answered_on") > day - timedelta(days=CALIBRATED_DAYS),
        pl.col("happened").is_not_null(),
        ~pl.col("came_before"),
    )
    latest = answered.sort("first_answered_on", "order_id").tail(CALIBRATED_ORDERS)
    waited = (latest["first_answered_on"] - latest["shipped_on"]).dt.total_days()
    return replace(_people(latest), weight=waited.cast(pl.Float64).to_numpy())


def reviewed(settled: pl.DataFrame, part: Window, most: int | None = None) -> People:
    """The orders shipped in a window that were reviewed after it, and soon enough; up to so many, evenly over time."""
    of = settled.filter(
        pl.col("shipped_on") > part.after,
        pl.col("shipped_on") <= part.until,
        pl.col("happened").is_not_null(),
        ~pl.col("came_before"),
    ).sort("shipped_on", "order_id")
    return _people(_sample(of, most))


def _sample(orders: pl.DataFrame, most: int | None) -> pl.DataFrame:
    return orders if most is None or orders.height <= most else orders[np.linspace(0, orders.height - 1, most).astype(int)]


def _people(orders: pl.DataFrame) -> People:
    """Orders shipped in one week share its weather, its strikes and its errors."""
    week = orders["shipped_on"].dt.truncate("1w").to_physical().to_numpy()
    rule = orders[SELLER_BAD_SHARE].fill_null(0.0).to_numpy()
    return People(_matrix(orders), orders["happened"].to_numpy().astype(bool), rule, cluster=week)


def open_orders_on(con: duckdb.DuckDBPyConnection, known: pl.DataFrame, day: date, settings: MiningSettings) -> pl.DataFrame:
    """What a list of that day holds."""
    reviewed_by_then = answers(con, day, settings.review_days).select("order_id")
    shipped = known.filter(pl.col("shipped_on") > day - timedelta(days=settings.review_days), pl.col("shipped_on") <= day)
    return shipped.join(reviewed_by_then, on="order_id", how="anti").sort("order_id")


def _matrix(frame: pl.DataFrame) -> Floats:
    wanted = [pl.col(feature).fill_null(float("nan")) for feature in QUESTION.features]
    return frame.select(wanted).to_numpy().reshape(frame.height, len(wanted))


def _scored(
    orders: pl.DataFrame,
    verdict: Judged,
    lost: dict[str, float],
    platt: Platt | None,
    as_of: date,
    settings: MiningSettings,
) -> pl.DataFrame:
    scored = listed(verdict, _matrix(orders), GROUPS, lost, platt)
    named = orders.select(
        "order_id",
        "shipped_on",
        pl.lit(as_of).alias("as_of"),
        pl.lit(settings.review_days, pl.Int64).alias("followed_days"),
    )
    return named.hstack(scored)


def _none() -> pl.DataFrame:
    return pl.DataFrame(schema=ReviewRisk.table.schema)


def _days(con: duckdb.DuckDBPyConnection) -> tuple[date | None, date | None]:
    [(as_of,)] = con.execute("select max(date) from dim_date where is_as_of").fetchall()
    [(first,)] = con.execute(
        "select min(o.shipped_at)::date from orders as o join fct_orders as f on f.order_id = o.order_id"
        " where f.is_valid and o.shipped_at::date between f.order_date and ?",
        [as_of],
    ).fetchall()
    return first, as_of


def _too_young(first: date | None, as_of: date | None, settings: MiningSettings) -> Card:
    there = (as_of - first).days if first and as_of else 0
    return Card(
        predicts=f"a review of {BAD} or less",
        population="orders shipped and not yet reviewed",
        as_of=as_of,
        fitted_as_of=as_of,
        trained_on="nothing",
        n=0,
        verdict=unmeasured(
            f"The shop has {there} days of shipped orders; to train, calibrate and test a model, and to wait"
            f" {settings.review_days} days for reviews each time, takes {window_days_needed(settings.review_days)},"
            " so there is no list."
        ),
    )


def _card(verdict: Judged, at: Windows, as_of: date, fitted_as_of: date | None) -> Card:
    return Card(
        predicts=f"a review of {BAD} or less, if there is one",
        population="valid orders shipped lately and not yet reviewed, judged by what was known when they were shipped",
        as_of=as_of,
        fitted_as_of=fitted_as_of,
        trained_on=(
            f"reviewed orders shipped {_span(at.train)}; chosen on those of {_span(at.calibrate)},"
            f" tested on all of {_span(at.test)}"
        ),
        n=verdict.n,
        verdict=verdict.verdict,
        details=verdict.details,
    )


def _span(window: Window) -> str:
    return f"{window.after + timedelta(days=1)} to {window.until}"


def _seen(orders: pl.DataFrame, scores: pl.DataFrame) -> dict[str, float]:
    means = {f"mean {feature}": orders[feature].mean() for feature in QUESTION.features}
    means["mean probability"] = scores["probability"].mean()
    return {name: round(float(value), 6) for name, value in means.items() if isinstance(value, int | float)}
