"""Which of the orders that are on their way will end in a bad review, as far as can be told when they are shipped?

Scored are valid orders shipped lately and not reviewed by the shop's today. A model learns from orders that were reviewed, so
the probability is that of a bad review if there is one. Not here: what is known when an order is shipped (review_features.py),
and how models are taught and gated (classification.py).
"""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl

from ecom_lake.contracts.gold.review_risk import ReviewRisk
from ecom_lake.contracts.mining_settings import MiningSettings
from ecom_lake.models.fitted import Card, Fitted, Past
from ecom_lake.models.rankings import review_features
from ecom_lake.models.rankings.classification import Judged, People, Question, judge, with_figures
from ecom_lake.models.rankings.lift import Floats
from ecom_lake.models.rankings.reasons import importance_curve, listed, lost_without
from ecom_lake.models.rankings.review_features import BAD, FEATURES, GROUPS, SELLER_BAD_SHARE, answers, shipped_orders
from ecom_lake.models.rankings.snapshots import Window, Windows, window_days_needed, windows

READS = (*review_features.READS, "dim_date")
VERSION = 1
_FITTED = "tested until"
QUESTION = Question(
    "bad review", "reviewed orders", "end in a bad review", "the seller's past", [feature.name for feature in FEATURES]
)


def fit(con: duckdb.DuckDBPyConnection, settings: MiningSettings, past: Past) -> Fitted:
    first, as_of = _days(con)
    is_kept = past.serves(VERSION, settings, as_of) and _FITTED in past.notes
    until = date.fromisoformat(past.notes[_FITTED]) if is_kept else as_of
    at = windows(first, until, settings.review_days) if first and until else None
    if at is None or as_of is None or until is None:
        return Fitted({"review_risk": _none()}, _too_young(first, as_of, settings))
    known = shipped_orders(con, as_of)
    past_answers = known.join(answers(con, until, settings.review_days), on="order_id", how="inner")
    taught, calibrated, tested = (reviewed(past_answers, part, settings) for part in (at.train, at.calibrate, at.test))
    verdict = judge(QUESTION, taught, calibrated, tested, settings.seed, past.notes if is_kept else None)
    open_orders = _open_orders(con, known, as_of, settings)
    scores, curves = _none(), list(verdict.curves)
    if verdict.is_better:
        lost = lost_without(verdict, GROUPS, settings.seed)
        scores = _scored(open_orders, verdict, lost, as_of, settings)
        curves.append(importance_curve(QUESTION.name, lost))
    return Fitted(
        {"review_risk": scores},
        _card(verdict, at, as_of, past.fitted_as_of if is_kept else as_of),
        verdict.rivals,
        curves,
        verdict.parameters,
        _seen(open_orders, scores),
        {_FITTED: until.isoformat(), **verdict.notes},
    )


def reviewed(past_answers: pl.DataFrame, part: Window, settings: MiningSettings) -> People:
    """The orders shipped in a window that were reviewed after it, and soon enough; up to so many, evenly over time."""
    of = past_answers.filter(
        pl.col("shipped_on") > part.after,
        pl.col("shipped_on") <= part.until,
        pl.col("happened").is_not_null(),
        ~pl.col("came_before"),
    ).sort("shipped_on", "order_id")
    most = settings.people_sample
    some = of if of.height <= most else of[np.linspace(0, of.height - 1, most).astype(int)]
    return People(_matrix(some), some["happened"].to_numpy(), some[SELLER_BAD_SHARE].fill_null(0.0).to_numpy())


def _open_orders(con: duckdb.DuckDBPyConnection, known: pl.DataFrame, as_of: date, settings: MiningSettings) -> pl.DataFrame:
    reviewed_by_now = answers(con, as_of, settings.review_days).select("order_id")
    late = known.filter(pl.col("shipped_on") > as_of - timedelta(days=settings.review_days))
    return late.join(reviewed_by_now, on="order_id", how="anti").sort("order_id")


def _matrix(frame: pl.DataFrame) -> Floats:
    wanted = [pl.col(feature).fill_null(float("nan")) for feature in QUESTION.features]
    return frame.select(wanted).to_numpy().reshape(frame.height, len(wanted))


def _scored(orders: pl.DataFrame, verdict: Judged, lost: dict[str, float], as_of: date, settings: MiningSettings) -> pl.DataFrame:
    scored = listed(verdict, _matrix(orders), GROUPS, lost)
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
        status="refused",
        reason=(
            f"The shop has {there} days of shipped orders; to teach, correct and test a model, and to wait"
            f" {settings.review_days} days for reviews each time, takes {window_days_needed(settings.review_days)},"
            " so there is no list."
        ),
    )


def _card(verdict: Judged, at: Windows, as_of: date, fitted_as_of: date | None) -> Card:
    card = Card(
        predicts=f"a review of {BAD} or less, if there is one",
        population="valid orders shipped lately and not yet reviewed, judged by what was known when they were shipped",
        as_of=as_of,
        fitted_as_of=fitted_as_of,
        trained_on=(
            f"reviewed orders shipped {_span(at.train)}; calibrated on those of {_span(at.calibrate)}, tested on {_span(at.test)}"
        ),
        n=verdict.n,
        status="published" if verdict.is_better else "refused",
        reason=verdict.reason,
    )
    return with_figures(card, verdict)


def _span(window: Window) -> str:
    return f"{window.after + timedelta(days=1)} to {window.until}"


def _seen(orders: pl.DataFrame, scores: pl.DataFrame) -> dict[str, float]:
    means = {f"mean {feature}": orders[feature].mean() for feature in QUESTION.features}
    means["mean probability"] = scores["probability"].mean()
    return {name: round(float(value), 6) for name, value in means.items() if isinstance(value, int | float)}
