"""What have people brought, and what will they bring in the days to come for which that was tested?

Here: the order of things. Purchases are expected by BG/NBD or MBG/NBD, whichever makes the past likelier, spending by Gamma-Gamma
or a mean. The whole is tested on days that it has not seen: the last twelve months where the shop is old enough, else fewer.
It is published for the longest time at which it passed. Else everybody gets the shop's mean, and where even that is unknown, what
they have brought.
Not here: the models (buying.py, spending.py), the trial (value_trial.py), the table (predicted_value.py).
docs/decisions/0011-customer-value.md and 0020-proven-horizons.md give the reasons.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl

from ecom_lake.engine.contracts.fitted import Card, Fitted, Past, Rival
from ecom_lake.engine.contracts.gate import Verdict, unmeasured
from ecom_lake.shop.customer_value import bg_nbd as buying
from ecom_lake.shop.customer_value import gamma_gamma as spending
from ecom_lake.shop.customer_value import holdout_test as value_trial
from ecom_lake.shop.customer_value import predicted_value, purchase_histories
from ecom_lake.shop.customer_value.bg_nbd import Histories
from ecom_lake.shop.customer_value.gamma_gamma import Spending, Spent
from ecom_lake.shop.customer_value.holdout_test import MISS, SHOP_MEAN, YEAR_DAYS, Trial
from ecom_lake.shop.customer_value.predicted_value import Mean
from ecom_lake.shop.customer_value.purchase_histories import Shop
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.maximum_likelihood import FittedParameters, cholesky_from_text, with_parameters

READS = ("customer_metrics", "fct_orders", "dim_date")
VERSION = 2

_CHOICE, _SPREAD, _SPEND, _SPEND_SPREAD = "purchases by", "spread of purchases", "spending by", "spread of spending"
_RELATED = "correlation of purchases and spending"
_FEWEST_RETURNS = 30
"""Repeat purchases that a mean is made of."""


@dataclass(frozen=True)
class Model:
    """What is fitted to everything up to the as-of date, or was, and is kept."""

    choice: str
    fit: FittedParameters
    known: Histories
    spending: Spending
    spent: Spent
    fitted_as_of: date

    @property
    def parameters(self) -> dict[str, float]:
        return {**self.fit.parameters, **(self.spending.fit.parameters if self.spending.fit else {})}

    @property
    def notes(self) -> dict[str, str]:
        told = {_CHOICE: self.choice, _SPREAD: self.fit.cholesky_text, _SPEND: self.spending.way}
        return told | ({_SPEND_SPREAD: self.spending.fit.cholesky_text} if self.spending.fit else {})


def fit(con: duckdb.DuckDBPyConnection, settings: MiningSettings, past: Past) -> Fitted:
    shop = purchase_histories.read(con)
    if shop is None:
        return _without_model(con, settings, None, "No order is dated up to the as-of date: there is nothing to foretell from.")
    if shop.days < settings.value_min_days:
        why = f"The shop is known for {shop.days} days; a forecast of value needs {settings.value_min_days}."
        return _without_model(con, settings, shop, why)
    kept = _kept(con, shop, settings, past)
    trial, longer = _longest(con, shop, settings, kept)
    if isinstance(trial, str):
        return _without_model(con, settings, shop, trial)
    model = kept or _fitted(con, shop, settings, trial.champion)
    predicted = predicted_value.groups(model.choice, model.fit, model.known, trial.days, settings) if model else None
    if model is None or predicted is None or not np.all(np.isfinite(predicted.to_numpy())):
        why = f"The purchases up to {shop.as_of} do not settle how people buy and leave."
        return _without_model(con, settings, shop, why, trial)
    if not trial.verdict(settings, None).is_published:
        return _without_model(con, settings, shop, f"{outcome(trial)} {longer}".strip(), trial, model, is_measured=True)
    table = predicted_value.by_model(con, shop, settings, trial.days, model.choice, predicted, model.spending)
    details = (outcome(trial), _of_horizon(trial.days), longer, _of_spending(model))
    card = _card(con, shop, trial.verdict(settings, None), " ".join(filter(None, details)), model)
    return Fitted(
        {"customer_value": table}, card, _rivals(trial, model), trial.curves, model.parameters, _seen(table, model), model.notes
    )


def outcome(trial: Trial) -> str:
    """What was predicted for the days held out and what occurred, in words for who runs the shop."""
    miss = trial.of(trial.champion, MISS).value or 0.0
    return (
        f"In the last {trial.days} days, which were held out, customers made {trial.actual:,} repeat purchases;"
        f" {trial.champion} had predicted {round(trial.actual * (1 + miss)):,} ({miss:+.0%})."
    )


def _longest(con: duckdb.DuckDBPyConnection, shop: Shop, settings: MiningSettings, kept: Model | None) -> tuple[Trial | str, str]:
    """The trial of most days that passes, or else that of the fewest; and what became of a longer one, in words. How far that one
    missed is among the rivals."""
    *longer, fewest = value_trial.horizons(shop, settings)
    failed, reasons = [], []
    for days in longer:
        trial = _trial(con, shop, settings, kept, days)
        if isinstance(trial, Trial):
            found = trial.verdict(settings, None)
            if found.is_published:
                return trial, ""
            failed.append(replace(trial.of(trial.champion, MISS), metric=f"{MISS} in {days} days"))
            reasons.append(f"Tested on {days} days: {outcome(trial)} {found.shown.finding if found.shown else found.why}.")
        else:
            reasons.append(f"Tested on {days} days: {trial}")
    trial = _trial(con, shop, settings, kept, fewest)
    if isinstance(trial, Trial):
        trial = replace(trial, rivals=(*trial.rivals, *failed))
    return trial, " ".join(reasons)


def _trial(con: duckdb.DuckDBPyConnection, shop: Shop, settings: MiningSettings, kept: Model | None, days: int) -> Trial | str:
    """How models of the time before do on the days held out, or why that cannot be told."""
    cut = shop.as_of - timedelta(days=days)
    known = purchase_histories.histories(con, cut)
    repeaters = int(np.sum(known.people[known.x > 0]))
    if repeaters < settings.value_min_repeaters:
        return (
            f"{repeaters:,} people had bought at least twice by {cut};"
            f" a model of how people come back needs {settings.value_min_repeaters:,}."
        )
    tried = {name: buying.fit(name, known) for name in buying.MODELS}
    fits = {name: found for name, found in tried.items() if found is not None}
    # As many parameters each: the likelier one has the lower AIC.
    champion = kept.choice if kept else min(fits, key=lambda name: fits[name].aic, default=None)
    if champion is None or champion not in fits:
        return f"The purchases up to {cut} do not settle how people buy and leave."
    spent = _spending(purchase_histories.spent(con, cut), settings, shop.most_purchases)
    return value_trial.run(con, shop, settings, days, champion, fits, spent) or f"Nobody came back after {cut}."


def _fitted(con: duckdb.DuckDBPyConnection, shop: Shop, settings: MiningSettings, choice: str) -> Model | None:
    known = purchase_histories.histories(con, shop.as_of)
    found = buying.fit(choice, known)
    if found is None:
        return None
    spent = purchase_histories.spent(con, shop.as_of)
    return Model(choice, found, known, _spending(spent, settings, shop.most_purchases), spent, shop.as_of)


def _kept(con: duckdb.DuckDBPyConnection, shop: Shop, settings: MiningSettings, past: Past) -> Model | None:
    """The last fit, put to the people of today."""
    notes, before = past.notes, past.fitted_as_of
    if before is None or _CHOICE not in notes or not past.serves(VERSION, settings, shop.as_of):
        return None
    known, spent = purchase_histories.histories(con, shop.as_of), purchase_histories.spent(con, shop.as_of)
    choice, numbers = notes[_CHOICE], {name: past.parameters[name] for name in buying.BOUNDS}
    found = with_parameters(numbers, cholesky_from_text(notes[_SPREAD], len(numbers)), buying.likelihood(choice, known))
    return Model(choice, found, known, _kept_spending(past, spent, shop.most_purchases), spent, before)


def _kept_spending(past: Past, spent: Spent, most: int) -> Spending:
    way = past.notes[_SPEND]
    if way != spending.GAMMA_GAMMA:
        return spending.by_means(spent, most, way)
    numbers = {name: past.parameters[name] for name in spending.PARAMETERS}
    spread = cholesky_from_text(past.notes[_SPEND_SPREAD], len(numbers))
    return spending.by_gamma_gamma(with_parameters(numbers, spread, spending.likelihood(spent)), most)


def _spending(spent: Spent, settings: MiningSettings, most: int) -> Spending:
    if int(np.sum(spent.people)) < settings.value_min_repeaters:
        return spending.by_means(spent, most, spending.SHOP)
    if not spending.is_unrelated(spending.correlation(spent), settings.value_max_correlation):
        return spending.by_means(spent, most, spending.ALIKE)
    found = spending.gamma_gamma(spent)
    return spending.by_gamma_gamma(found, most) if found else spending.by_means(spent, most, spending.SHOP)


def _without_model(
    con: duckdb.DuckDBPyConnection,
    settings: MiningSettings,
    shop: Shop | None,
    why: str,
    trial: Trial | None = None,
    model: Model | None = None,
    *,
    is_measured: bool = False,
) -> Fitted:
    """The shop's mean for everybody, or where that is not known either, only what people have brought.

    `is_measured`: the trial's gate decided, and `why` only adds to it.
    """
    mean = _mean(con, shop, settings) if shop else None
    rivals, curves = _rivals(trial, model), trial.curves if trial else ()
    parameters, notes = (model.parameters, model.notes) if model else ({}, {})
    if mean is None:
        table, then = predicted_value.historic_only(con), "Only what people have brought is shown."
    else:
        table = predicted_value.by_mean(con, settings, mean)
        mean_says = f"Everybody gets the mean of the shop: {mean.orders:.3f} purchases in {mean.days} days."
        then = f"{mean_says} {_of_horizon(mean.days)}".rstrip()
    fallback = SHOP_MEAN if mean else None
    if is_measured and trial:
        card = _card(con, shop, trial.verdict(settings, fallback), f"{why} {then}", model)
    else:
        card = _card(con, shop, unmeasured(why, fallback), then, model)
    return Fitted({"customer_value": table}, card, rivals, curves, parameters, notes=notes)


def _mean(con: duckdb.DuckDBPyConnection, shop: Shop, settings: MiningSettings) -> Mean | None:
    """What people known at the start of the last year, or half of the time, bought since; None where too few did."""
    if shop.days < settings.value_min_days:
        return None
    days = min(YEAR_DAYS, shop.days // 2)
    seen = purchase_histories.seen(con, shop.as_of - timedelta(days=days), shop.as_of)
    people, returns = int(np.sum(seen.people)), int(np.sum(seen.people * seen.more))
    if people < settings.min_customers or returns < _FEWEST_RETURNS:
        return None
    mean = returns / people
    variance = float(np.sum(seen.people * (seen.more - mean) ** 2)) / people**2
    spent = spending.by_means(purchase_histories.spent(con, shop.as_of), 0, spending.SHOP).by_n.row(0, named=True)
    return Mean(days, mean, variance, spent["base"], spent["v0"])


def _card(con: duckdb.DuckDBPyConnection, shop: Shop | None, verdict: Verdict, details: str, model: Model | None) -> Card:
    [(people,)] = con.execute("select count(*) from customer_metrics").fetchall()
    return Card(
        predicts="purchases and net sales of each person in the coming days that were tested: twelve months at most",
        population="everybody with a valid order",
        as_of=shop.as_of if shop else None,
        trained_on=f"purchases from {shop.first} to {shop.as_of}" if shop else "no purchases",
        n=people,
        verdict=verdict,
        details=details,
        fitted_as_of=model.fitted_as_of if model else shop.as_of if shop else None,
    )


def _rivals(trial: Trial | None, model: Model | None) -> list[Rival]:
    related = spending.correlation(model.spent) if model else None
    held = [Rival(spending.GAMMA_GAMMA, _RELATED, related.value, related.low, related.high)] if related else []
    return [*(trial.rivals if trial else ()), *held]


def _of_horizon(days: int) -> str:
    if days == YEAR_DAYS:
        return ""
    return f"So it is published for {days} days (horizon_days); the columns of twelve months are empty."


def _of_spending(model: Model) -> str:
    way, related = model.spending.way, spending.correlation(model.spent)
    told = f"correlation {related.value:.2f}, {related.low:.2f} to {related.high:.2f}" if related else "no correlation to be had"
    if way == spending.GAMMA_GAMMA:
        return f"Who buys more often spends about as much each time ({told}), so that Gamma-Gamma says what a purchase brings."
    if way == spending.ALIKE:
        return f"Who buys more often does not spend the same each time ({told}): a purchase brings the {way}."
    return f"Purchases are too few, or too alike, to tell people's spending apart: a purchase brings the {way}."


def _seen(table: pl.DataFrame, model: Model) -> dict[str, float]:
    known = model.known
    people, purchases = float(np.sum(known.people)), float(np.sum(known.people * (known.x + 1)))
    scores = {
        f"{column}, quantile {share}": table[column].quantile(share, "nearest")
        for column in ("p_alive", "expected_orders", "predicted_value")
        for share in (0.1, 0.5, 0.9)
    }
    return {
        "share of repeat buyers": float(np.sum(known.people[known.x > 0])) / people,
        "purchases per person": purchases / people,
        "days known per person": float(np.sum(known.people * known.age)) / people,
        "spent per repeat purchase": model.spent.mean,
        **{name: float(value) for name, value in scores.items() if value is not None},
    }
