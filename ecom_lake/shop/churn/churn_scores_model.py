"""Which customers will not order again within the next so many days, and why.

Two models, because customers with one purchase and with several have little in common: is there a second order, and is there a
next one? All customers with a purchase are in scope. The models are fitted to who does order, the rarer outcome; what is
published is the probability of no order, and the list is tested as it is published, by who does not order. Not here: features
(features.py), the fit of models (ranker.py), their gate (evaluation.py), and the test of their probabilities
(probability_backtest.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl

from ecom_lake.engine.contracts.fitted import Card, Fitted, Past
from ecom_lake.engine.contracts.gate import best_of, unmeasured
from ecom_lake.engine.contracts.sql_file import sql_file
from ecom_lake.shop.churn.churn_scores import ChurnScores
from ecom_lake.shop.churn.features import FEATURES, GROUPS, Feature, buyers_after, features_at
from ecom_lake.shop.churn.purchase_probability import NAME as BG_NBD
from ecom_lake.shop.churn.purchase_probability import purchase_probabilities
from ecom_lake.shop.rankings.evaluation import Evaluation, Target, evaluate
from ecom_lake.shop.rankings.hash_sample import ALL, MOST_READ, HashSample
from ecom_lake.shop.rankings.probability_backtest import Backtest, Origin, backtest, predict_at, with_backtest
from ecom_lake.shop.rankings.ranker import select
from ecom_lake.shop.rankings.reasons import group_importance, importance_curve, ranked_list
from ecom_lake.shop.rankings.sample import Sample
from ecom_lake.shop.rankings.time_splits import Cutoffs, cutoffs, days_needed, origins
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.arrays import Floats
from ecom_lake.statistics.logistic_regression import Platt
from ecom_lake.statistics.random_forest import TREES_TO_TRY

READS = ("fct_orders", "fct_sales", "orders", "reporting_period", "reviews")
VERSION = 2
_CUTOFFS, _PROBABILITY = "cutoffs", "purchase_probability"


@dataclass(frozen=True)
class Form:
    name: str
    min_purchases: int
    max_purchases: int | None
    """Purchases that a customer in scope has made."""
    does: str
    does_not: str

    @property
    def scope(self) -> pl.Expr:
        made = pl.col("purchases_made")
        return (made >= self.min_purchases) & (made <= self.max_purchases if self.max_purchases else pl.lit(True))

    @property
    def features(self) -> tuple[Feature, ...]:
        return tuple(feature for feature in FEATURES if feature.varies_after_one_purchase or self.max_purchases != 1)

    def target(self) -> Target:
        features = [feature.name for feature in self.features]
        return Target(self.name, "customers", self.does, "recency", features, self.does_not)


SECOND = Form("second order", 1, 1, "order a second time", "do not order a second time")
NEXT = Form("next order", 2, None, "order again", "do not order again")
FORMS = (NEXT, SECOND)


@dataclass(frozen=True)
class Snapshots:
    """The customers of days in the past with their outcomes, up to so many of each form; each day is queried once."""

    con: duckdb.DuckDBPyConnection
    horizon: int
    most: int
    people: HashSample
    """The customers who are read; `most` of each form are a part of them."""
    forms: Sequence[Form]
    loaded: dict[date, dict[Form, Sample]] = field(default_factory=dict)

    def sample(self, day: date, form: Form) -> Sample:
        if day not in self.loaded:
            customers = labelled_on(self.con, day, self.horizon, self.people)
            self.loaded[day] = {each: in_scope(customers, each, self.most) for each in self.forms}
        return self.loaded[day][form]


def fit(con: duckdb.DuckDBPyConnection, settings: MiningSettings, past: Past) -> Fitted:
    first, as_of = _days(con)
    is_kept = past.serves(VERSION, settings, as_of) and _CUTOFFS in past.notes
    horizon = settings.churn_days
    if is_kept:
        splits: Cutoffs | None = Cutoffs.from_text(past.notes[_CUTOFFS], horizon)
    else:
        splits = cutoffs(first, as_of, horizon) if first and as_of else None
    if splits is None or as_of is None or first is None:
        return Fitted({"churn_scores": _no_rows()}, _too_young(first, as_of, horizon))
    people = HashSample.of(_customers(con), MOST_READ)
    snapshots = Snapshots(con, horizon, settings.people_sample, people, FORMS)
    evaluated = evaluate_forms(snapshots, splits, settings, past.notes if is_kept else None)
    now = features_at(con, as_of, people)
    listed = features_at(con, as_of) if any(one.is_published for one in evaluated) and not people.is_all else now
    tables, evaluations, importances = [_no_rows()], [], []
    for form, evaluation in zip(FORMS, evaluated, strict=True):
        if evaluation.is_published:
            tested = backtest_form(snapshots, form, first, splits, settings.seed)
            latest = snapshots.sample(as_of - timedelta(days=horizon), form)
            evaluation, platt = with_backtest(evaluation, tested, latest)
            importance = group_importance(evaluation, GROUPS, settings.seed)
            tables.append(_scored(listed.filter(form.scope), form, evaluation, importance, platt, as_of, horizon))
            importances.append(importance_curve(form.name, importance))
        evaluations.append(evaluation)
    scores = pl.concat(tables)
    return Fitted(
        {"churn_scores": scores},
        _card(evaluations, splits, as_of, past.fitted_as_of if is_kept else as_of, snapshots),
        [rival for evaluation in evaluations for rival in evaluation.rivals],
        [curve for evaluation in evaluations for curve in evaluation.curves] + importances,
        {name: value for evaluation in evaluations for name, value in evaluation.parameters.items()},
        _seen(now, scores),
        {_CUTOFFS: splits.as_text, **{name: note for evaluation in evaluations for name, note in evaluation.notes.items()}},
    )


def evaluate_forms(
    snapshots: Snapshots, splits: Cutoffs, settings: MiningSettings, kept: dict[str, str] | None = None
) -> list[Evaluation]:
    """A model is fitted on a sample of the customers of each day, and tested on all customers of the last who are read."""
    customers = labelled_on(snapshots.con, splits.test, splits.horizon, snapshots.people)
    probabilities = purchase_probabilities(customers, splits.horizon, settings.people_sample)
    if probabilities is not None:
        customers = customers.with_columns(pl.Series(_PROBABILITY, probabilities))
    return [
        evaluate(
            form.target(),
            pooled([snapshots.sample(day, form) for day in splits.train]),
            snapshots.sample(splits.calibrate, form),
            in_scope(customers, form),
            settings.seed,
            kept,
            snapshots.people,
        )
        for form in snapshots.forms
    ]


def backtest_form(snapshots: Snapshots, form: Form, first: date, splits: Cutoffs, seed: int) -> Backtest:
    """The probabilities as they would have been published on days of the year before the fit."""
    until = splits.test + timedelta(days=splits.horizon)
    tried = [_origin(snapshots, form, first, day, seed) for day in origins(until, splits.horizon)]
    target = form.target()
    who = f"{target.who} (at most {snapshots.most:,} of a day)"
    return backtest(form.name, target.does, who, [origin for origin in tried if origin], seed)


def _origin(snapshots: Snapshots, form: Form, first: date, day: date, seed: int) -> Origin | None:
    """What `fit` would do on that day: the cutoffs that it would take, and a calibration on the last of them.

    The forest has fewer trees than that of `fit`, to save time.
    """
    splits = cutoffs(first, day, snapshots.horizon)
    if splits is None:
        return None
    train = pooled([snapshots.sample(before, form) for before in splits.train])
    later = snapshots.sample(splits.calibrate, form)
    if not (train.has_enough_events and later.has_enough_events):
        return None
    ranker = select(train, later, seed, trees=TREES_TO_TRY).ranker
    return predict_at(day, ranker, snapshots.sample(splits.test, form), snapshots.sample(day, form))


def labelled_on(con: duckdb.DuckDBPyConnection, day: date, horizon: int, people: HashSample = ALL) -> pl.DataFrame:
    """The customers of the sample who had bought by a day, and whether they ordered after it."""
    after = buyers_after(con, day, horizon).with_columns(outcome=pl.lit(True))
    labelled = features_at(con, day, people).join(after, on="customer_id", how="left")
    return labelled.with_columns(pl.col("outcome").fill_null(False)).sort("customer_id")


def in_scope(customers: pl.DataFrame, form: Form, most: int | None = None) -> Sample:
    """Up to so many, spread evenly over their ids, which are random."""
    rows = customers.filter(form.scope)
    if most is not None and rows.height > most:
        rows = rows[np.linspace(0, rows.height - 1, most).astype(int)]
    probabilities = {BG_NBD: rows[_PROBABILITY].to_numpy()} if _PROBABILITY in rows.columns else {}
    recency = rows["recency_days"].to_numpy().astype(float)
    return Sample(_matrix(rows, form), rows["outcome"].to_numpy(), -recency, probabilities, rows["customer_id"].to_numpy())


def _matrix(frame: pl.DataFrame, form: Form) -> Floats:
    columns = [pl.col(feature.name).fill_null(float("nan")) for feature in form.features]
    return frame.select(columns).to_numpy().reshape(frame.height, len(columns))


def pooled(days: Sequence[Sample]) -> Sample:
    return Sample(
        np.concatenate([day.x for day in days]),
        np.concatenate([day.outcome for day in days]),
        np.concatenate([day.baseline for day in days]),
    )


def _scored(
    customers: pl.DataFrame,
    form: Form,
    evaluation: Evaluation,
    importance: dict[str, float],
    platt: Platt | None,
    as_of: date,
    horizon: int,
) -> pl.DataFrame:
    scored = ranked_list(evaluation, _matrix(customers, form), GROUPS, importance, platt)
    keys = customers.select(
        "customer_id",
        pl.lit(as_of).alias("as_of"),
        pl.lit(horizon, pl.Int64).alias("horizon_days"),
        pl.lit(form.name).alias("form"),
    )
    return keys.hstack(scored)


def _no_rows() -> pl.DataFrame:
    return pl.DataFrame(schema=ChurnScores.table.schema)


def _days(con: duckdb.DuckDBPyConnection) -> tuple[date | None, date | None]:
    """The day of the first order, and the as-of date."""
    [(as_of, first)] = con.execute(sql_file(__file__, "days.sql")).fetchall()
    return first, as_of


def _customers(con: duckdb.DuckDBPyConnection) -> int:
    [(customers,)] = con.execute("select count(distinct customer_id) from fct_orders where is_valid").fetchall()
    return int(customers)


def _too_young(first: date | None, as_of: date | None, horizon: int) -> Card:
    known = (as_of - first).days if first and as_of else 0
    return Card(
        predicts=f"an order within {horizon} days",
        population="all customers",
        as_of=as_of,
        fitted_as_of=as_of,
        trained_on="nothing",
        n=0,
        verdict=unmeasured(
            f"The shop has {known} days of orders; to train, calibrate and test a model of orders within {horizon} days takes"
            f" {days_needed(horizon)}, so no list is published."
        ),
    )


def _card(
    evaluations: Sequence[Evaluation], splits: Cutoffs, as_of: date, fitted_as_of: date | None, snapshots: Snapshots
) -> Card:
    """The card shows the figures of the first form that is published, or else of the first that was tested."""
    verdict = best_of(evaluation.verdict for evaluation in evaluations)
    shown = next(evaluation for evaluation in evaluations if evaluation.verdict is verdict)
    others = (evaluation.reason for evaluation in evaluations if evaluation is not shown)
    return Card(
        predicts=f"an order within {splits.horizon} days; the published probability is that of no order",
        population="all customers: those with one purchase (second order) and with several (next order) separately",
        as_of=as_of,
        fitted_as_of=fitted_as_of,
        trained_on=(
            f"orders of at most {snapshots.most:,} customers after each of {', '.join(map(str, splits.train))}; selected on those"
            f" of as many after {splits.calibrate}; tested, with the rivals, on those of {snapshots.people.in_words} customers"
            f" after {splits.test} ({splits.horizon} days each)"
        ),
        n=sum(evaluation.n for evaluation in evaluations),
        verdict=verdict,
        details=" ".join(filter(None, (shown.details, *others))),
    )


def _seen(now: pl.DataFrame, scores: pl.DataFrame) -> dict[str, float]:
    means = {f"mean {feature.name}": now[feature.name].mean() for feature in FEATURES}
    for form in FORMS:
        means[f"share of {form.name}"] = now.select(form.scope.mean()).item() if now.height else None
        means[f"mean probability, {form.name}"] = scores.filter(form=form.name)["probability"].mean()
    return {name: round(float(value), 6) for name, value in means.items() if isinstance(value, int | float)}
