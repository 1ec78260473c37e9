"""Who will not order again within the next so many days, and why?

Two questions, since people of one purchase and of several have little in common: is there a second order, and is there a next
one? In scope is everybody with a purchase by then. Models learn who does order, the rarer thing; what is published is the
probability of no order. Not here: what is known of people (churn_features.py), and how models are taught and gated
(classification.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import polars as pl

from ecom_lake.contracts.gold.churn_scores import ChurnScores
from ecom_lake.contracts.mining_settings import MiningSettings
from ecom_lake.models.fitted import Card, Fitted, Past
from ecom_lake.models.rankings import churn_features
from ecom_lake.models.rankings.buying_chance import NAME as BG_NBD
from ecom_lake.models.rankings.buying_chance import buying_chance
from ecom_lake.models.rankings.churn_features import FEATURES, GROUPS, Feature, buyers_after, features_at
from ecom_lake.models.rankings.classification import Judged, People, Question, judge, with_figures
from ecom_lake.models.rankings.lift import Floats
from ecom_lake.models.rankings.reasons import importance_curve, listed, lost_without
from ecom_lake.models.rankings.snapshots import Cutoffs, cutoffs, days_needed

READS = (*churn_features.READS, "dim_date")
VERSION = 1
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


def fit(con: duckdb.DuckDBPyConnection, settings: MiningSettings, past: Past) -> Fitted:
    first, as_of = _days(con)
    is_kept = past.serves(VERSION, settings, as_of) and _CUTOFFS in past.notes
    horizon = settings.churn_days
    if is_kept:
        at: Cutoffs | None = Cutoffs.read(past.notes[_CUTOFFS], horizon)
    else:
        at = cutoffs(first, as_of, horizon) if first and as_of else None
    if at is None or as_of is None:
        return Fitted({"churn_scores": _none()}, _too_young(first, as_of, horizon))
    judged = judge_forms(con, at, FORMS, settings, past.notes if is_kept else None)
    now = features_at(con, as_of)
    published = {form: verdict for form, verdict in zip(FORMS, judged, strict=True) if verdict.is_better}
    tables, curves = [_none()], [curve for verdict in judged for curve in verdict.curves]
    for form, verdict in published.items():
        lost = lost_without(verdict, GROUPS, settings.seed)
        tables.append(_scored(now.filter(form.scope), form, verdict, lost, as_of, horizon))
        curves.append(importance_curve(form.name, lost))
    scores = pl.concat(tables)
    return Fitted(
        {"churn_scores": scores},
        _card(judged, at, as_of, past.fitted_as_of if is_kept else as_of),
        [rival for verdict in judged for rival in verdict.rivals],
        curves,
        {name: value for verdict in judged for name, value in verdict.parameters.items()},
        _seen(now, scores),
        {_CUTOFFS: at.words, **{name: word for verdict in judged for name, word in verdict.notes.items()}},
    )


def judge_forms(
    con: duckdb.DuckDBPyConnection,
    at: Cutoffs,
    forms: Sequence[Form],
    settings: MiningSettings,
    kept: dict[str, str] | None = None,
) -> list[Judged]:
    """Each day's people are looked at once, for all forms."""
    most = settings.people_sample
    *days, tested = (labelled_on(con, day, at.horizon) for day in (*at.train, at.calibrate, at.test))
    chance = buying_chance(tested, at.horizon, most)
    if chance is not None:
        tested = tested.with_columns(pl.Series(_CHANCE, chance))
    people = [[in_scope(day, form, most) for day in (*days, tested)] for form in forms]
    return [
        judge(form.question(), pooled(looked_at[:-2]), looked_at[-2], looked_at[-1], settings.seed, kept)
        for form, looked_at in zip(forms, people, strict=True)
    ]


def labelled_on(con: duckdb.DuckDBPyConnection, day: date, horizon: int) -> pl.DataFrame:
    """Everybody who had bought by a day, and whether they ordered after it."""
    after = buyers_after(con, day, horizon).with_columns(happened=pl.lit(True))
    labelled = features_at(con, day).join(after, on="customer_id", how="left")
    return labelled.with_columns(pl.col("happened").fill_null(False)).sort("customer_id")


def in_scope(people: pl.DataFrame, form: Form, most: int) -> People:
    """Up to so many, spread evenly over their ids, which say nothing of them."""
    of = people.filter(form.scope)
    some = of if of.height <= most else of[np.linspace(0, of.height - 1, most).astype(int)]
    shown = {BG_NBD: some[_CHANCE].to_numpy()} if _CHANCE in some.columns else {}
    recency = some["recency_days"].to_numpy().astype(float)
    return People(_matrix(some, form), some["happened"].to_numpy(), -recency, shown)


def _matrix(frame: pl.DataFrame, form: Form) -> Floats:
    wanted = [pl.col(feature.name).fill_null(float("nan")) for feature in form.features]
    return frame.select(wanted).to_numpy().reshape(frame.height, len(wanted))


def pooled(days: Sequence[People]) -> People:
    return People(
        np.concatenate([day.x for day in days]),
        np.concatenate([day.happened for day in days]),
        np.concatenate([day.rule for day in days]),
    )


def _scored(people: pl.DataFrame, form: Form, verdict: Judged, lost: dict[str, float], as_of: date, horizon: int) -> pl.DataFrame:
    scored = listed(verdict, _matrix(people, form), GROUPS, lost, is_against=True)
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
        status="refused",
        reason=(
            f"The shop has {there} days of orders; to teach, correct and test a model of what people do within {horizon} days"
            f" takes {days_needed(horizon)}, so there is no list."
        ),
    )


def _card(judged: Sequence[Judged], at: Cutoffs, as_of: date, fitted_as_of: date | None) -> Card:
    """Of two questions the card shows the figures of the first that is published, or else of the first that was tested."""
    told = [verdict for verdict in judged if verdict.is_better] or [verdict for verdict in judged if verdict.compared]
    shown = told[0] if told else judged[0]
    card = Card(
        predicts=f"an order within {at.horizon} days; published is the probability of none",
        population="everybody who has bought: people of one purchase (second order) and of several (next order), apart",
        as_of=as_of,
        fitted_as_of=fitted_as_of,
        trained_on=(
            f"what people did after {', '.join(map(str, at.train))}; calibrated on {at.calibrate}, tested on {at.test}"
            f" ({at.horizon} days each)"
        ),
        n=sum(verdict.n for verdict in judged),
        status="published" if any(verdict.is_better for verdict in judged) else "refused",
        reason=" ".join(verdict.reason for verdict in judged),
    )
    return with_figures(card, shown)


def _seen(now: pl.DataFrame, scores: pl.DataFrame) -> dict[str, float]:
    means = {f"mean {feature.name}": now[feature.name].mean() for feature in FEATURES}
    for form in FORMS:
        means[f"share of {form.name}"] = now.select(form.scope.mean()).item() if now.height else None
        means[f"mean probability, {form.name}"] = scores.filter(form=form.name)["probability"].mean()
    return {name: round(float(value), 6) for name, value in means.items() if isinstance(value, int | float)}
