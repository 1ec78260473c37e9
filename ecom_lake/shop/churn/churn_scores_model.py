"""Who will not order again within the next so many days, and why?

Two questions, since people of one purchase and of several have little in common: is there a second order, and is there a next
one? In scope is everybody with a purchase by then. Models learn who does order, the rarer thing; what is published is the
probability of no order. Not here: what is known of people (churn_features.py), how models are fitted (ranker.py) and gated
(classification.py), and whether their probabilities are true (probability.py).
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
from ecom_lake.shop.churn import features as churn_features
from ecom_lake.shop.churn.churn_scores import ChurnScores
from ecom_lake.shop.churn.features import FEATURES, GROUPS, Feature, buyers_after, features_at
from ecom_lake.shop.churn.purchase_probability import NAME as BG_NBD
from ecom_lake.shop.churn.purchase_probability import buying_chance
from ecom_lake.shop.rankings.evaluation import Judged, Question, judge
from ecom_lake.shop.rankings.probability_backtest import Origin, Proof, predict_at, prove, with_proof
from ecom_lake.shop.rankings.ranker import choose
from ecom_lake.shop.rankings.reasons import importance_curve, listed, lost_without
from ecom_lake.shop.rankings.sample import People
from ecom_lake.shop.rankings.time_splits import Cutoffs, cutoffs, days_needed, origins
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.arrays import Floats
from ecom_lake.statistics.logistic_regression import Platt
from ecom_lake.statistics.random_forest import TREES_TO_TRY

READS = (*churn_features.READS, "dim_date")
VERSION = 2
_CUTOFFS, _CHANCE = "cutoffs", "buying_chance"


@dataclass(frozen=True)
class Form:
    name: str
    fewest: int
    most: int | None
    """Purchases that a person in scope has made."""
    does: str

    @property
    def scope(self) -> pl.Expr:
        made = pl.col("purchases_made")
        return (made >= self.fewest) & (made <= self.most if self.most else pl.lit(True))

    @property
    def features(self) -> tuple[Feature, ...]:
        return tuple(feature for feature in FEATURES if feature.once or self.most != 1)

    def question(self) -> Question:
        return Question(self.name, "customers", self.does, "recency", [feature.name for feature in self.features])


SECOND = Form("second order", 1, 1, "order a second time")
NEXT = Form("next order", 2, None, "order again")
FORMS = (NEXT, SECOND)


@dataclass(frozen=True)
class Snapshots:
    """The people of days in the past with their outcomes, up to so many of each form; each day is queried once."""

    con: duckdb.DuckDBPyConnection
    horizon: int
    most: int
    forms: Sequence[Form]
    seen: dict[date, dict[Form, People]] = field(default_factory=dict)

    def people(self, day: date, form: Form) -> People:
        if day not in self.seen:
            everybody = labelled_on(self.con, day, self.horizon)
            self.seen[day] = {each: in_scope(everybody, each, self.most) for each in self.forms}
        return self.seen[day][form]


def fit(con: duckdb.DuckDBPyConnection, settings: MiningSettings, past: Past) -> Fitted:
    first, as_of = _days(con)
    is_kept = past.serves(VERSION, settings, as_of) and _CUTOFFS in past.notes
    horizon = settings.churn_days
    if is_kept:
        at: Cutoffs | None = Cutoffs.read(past.notes[_CUTOFFS], horizon)
    else:
        at = cutoffs(first, as_of, horizon) if first and as_of else None
    if at is None or as_of is None or first is None:
        return Fitted({"churn_scores": _none()}, _too_young(first, as_of, horizon))
    snapshots = Snapshots(con, horizon, settings.people_sample, FORMS)
    judged = judge_forms(snapshots, at, settings, past.notes if is_kept else None)
    now = features_at(con, as_of)
    tables, proved, importances = [_none()], [], []
    for form, verdict in zip(FORMS, judged, strict=True):
        if verdict.is_better:
            proof = prove_form(snapshots, form, first, at, settings.seed)
            verdict, platt = with_proof(verdict, proof, snapshots.people(as_of - timedelta(days=horizon), form))
            lost = lost_without(verdict, GROUPS, settings.seed)
            tables.append(_scored(now.filter(form.scope), form, verdict, lost, platt, as_of, horizon))
            importances.append(importance_curve(form.name, lost))
        proved.append(verdict)
    scores = pl.concat(tables)
    return Fitted(
        {"churn_scores": scores},
        _card(proved, at, as_of, past.fitted_as_of if is_kept else as_of, settings.people_sample),
        [rival for verdict in proved for rival in verdict.rivals],
        [curve for verdict in proved for curve in verdict.curves] + importances,
        {name: value for verdict in proved for name, value in verdict.parameters.items()},
        _seen(now, scores),
        {_CUTOFFS: at.words, **{name: word for verdict in proved for name, word in verdict.notes.items()}},
    )


def judge_forms(snapshots: Snapshots, at: Cutoffs, settings: MiningSettings, kept: dict[str, str] | None = None) -> list[Judged]:
    """A model is fitted on a sample of the people of each day; everybody of the last day is in the test."""
    everybody = labelled_on(snapshots.con, at.test, at.horizon)
    chance = buying_chance(everybody, at.horizon, settings.people_sample)
    if chance is not None:
        everybody = everybody.with_columns(pl.Series(_CHANCE, chance))
    return [
        judge(
            form.question(),
            pooled([snapshots.people(day, form) for day in at.train]),
            snapshots.people(at.calibrate, form),
            in_scope(everybody, form),
            settings.seed,
            kept,
        )
        for form in snapshots.forms
    ]


def prove_form(snapshots: Snapshots, form: Form, first: date, at: Cutoffs, seed: int) -> Proof:
    """The probabilities as they would have been published on days of the year before the fit."""
    until = at.test + timedelta(days=at.horizon)
    tried = [_origin(snapshots, form, first, day, seed) for day in origins(until, at.horizon)]
    question = form.question()
    who = f"{question.who} (at most {snapshots.most:,} of a day)"
    return prove(form.name, question.does, who, [origin for origin in tried if origin], seed)


def _origin(snapshots: Snapshots, form: Form, first: date, day: date, seed: int) -> Origin | None:
    """What `fit` would do on that day: the cutoffs that it would take, and a calibration on the last of them.

    The forest has fewer trees than that of `fit`, to save time.
    """
    at = cutoffs(first, day, snapshots.horizon)
    if at is None:
        return None
    train, later = pooled([snapshots.people(before, form) for before in at.train]), snapshots.people(at.calibrate, form)
    if not (train.has_enough_events and later.has_enough_events):
        return None
    ranker = choose(train, later, seed, trees=TREES_TO_TRY).ranker
    return predict_at(day, ranker, snapshots.people(at.test, form), snapshots.people(day, form))


def labelled_on(con: duckdb.DuckDBPyConnection, day: date, horizon: int) -> pl.DataFrame:
    """Everybody who had bought by a day, and whether they ordered after it."""
    after = buyers_after(con, day, horizon).with_columns(happened=pl.lit(True))
    labelled = features_at(con, day).join(after, on="customer_id", how="left")
    return labelled.with_columns(pl.col("happened").fill_null(False)).sort("customer_id")


def in_scope(people: pl.DataFrame, form: Form, most: int | None = None) -> People:
    """Up to so many, spread evenly over their ids, which are random."""
    of = people.filter(form.scope)
    some = of if most is None or of.height <= most else of[np.linspace(0, of.height - 1, most).astype(int)]
    shown = {BG_NBD: some[_CHANCE].to_numpy()} if _CHANCE in some.columns else {}
    recency = some["recency_days"].to_numpy().astype(float)
    return People(_matrix(some, form), some["happened"].to_numpy(), -recency, shown, some["customer_id"].to_numpy())


def _matrix(frame: pl.DataFrame, form: Form) -> Floats:
    wanted = [pl.col(feature.name).fill_null(float("nan")) for feature in form.features]
    return frame.select(wanted).to_numpy().reshape(frame.height, len(wanted))


def pooled(days: Sequence[People]) -> People:
    return People(
        np.concatenate([day.x for day in days]),
        np.concatenate([day.happened for day in days]),
        np.concatenate([day.rule for day in days]),
    )


def _scored(
    people: pl.DataFrame,
    form: Form,
    verdict: Judged,
    lost: dict[str, float],
    platt: Platt | None,
    as_of: date,
    horizon: int,
) -> pl.DataFrame:
    scored = listed(verdict, _matrix(people, form), GROUPS, lost, platt, is_against=True)
    named = people.select(
        "customer_id",
        pl.lit(as_of).alias("as_of"),
        pl.lit(horizon, pl.Int64).alias("horizon_days"),
        pl.lit(form.name).alias("form"),
    )
    return named.hstack(scored)


def _none() -> pl.DataFrame:
    return pl.DataFrame(schema=ChurnScores.table.schema)


def _days(con: duckdb.DuckDBPyConnection) -> tuple[date | None, date | None]:
    [(as_of,)] = con.execute("select max(date) from dim_date where is_as_of").fetchall()
    [(first,)] = con.execute("select min(order_date) from fct_orders where is_valid and order_date <= ?", [as_of]).fetchall()
    return first, as_of


def _too_young(first: date | None, as_of: date | None, horizon: int) -> Card:
    there = (as_of - first).days if first and as_of else 0
    return Card(
        predicts=f"an order within {horizon} days",
        population="everybody who has bought",
        as_of=as_of,
        fitted_as_of=as_of,
        trained_on="nothing",
        n=0,
        verdict=unmeasured(
            f"The shop has {there} days of orders; to train, calibrate and test a model of what people do within {horizon} days"
            f" takes {days_needed(horizon)}, so there is no list."
        ),
    )


def _card(judged: Sequence[Judged], at: Cutoffs, as_of: date, fitted_as_of: date | None, most: int) -> Card:
    """Of two questions the card shows the figures of the first that is published, or else of the first that was tested."""
    verdict = best_of(one.verdict for one in judged)
    shown = next(one for one in judged if one.verdict is verdict)
    others = (one.reason for one in judged if one is not shown)
    return Card(
        predicts=f"an order within {at.horizon} days; published is the probability of none",
        population="everybody who has bought: people of one purchase (second order) and of several (next order), apart",
        as_of=as_of,
        fitted_as_of=fitted_as_of,
        trained_on=(
            f"what at most {most:,} people did after each of {', '.join(map(str, at.train))}; chosen by what as many did after"
            f" {at.calibrate}; tested, and the rival too, by what everybody did after {at.test} ({at.horizon} days each)"
        ),
        n=sum(verdict.n for verdict in judged),
        verdict=verdict,
        details=" ".join(filter(None, (shown.details, *others))),
    )


def _seen(now: pl.DataFrame, scores: pl.DataFrame) -> dict[str, float]:
    means = {f"mean {feature.name}": now[feature.name].mean() for feature in FEATURES}
    for form in FORMS:
        means[f"share of {form.name}"] = now.select(form.scope.mean()).item() if now.height else None
        means[f"mean probability, {form.name}"] = scores.filter(form=form.name)["probability"].mean()
    return {name: round(float(value), 6) for name, value in means.items() if isinstance(value, int | float)}
