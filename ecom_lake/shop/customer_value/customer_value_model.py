"""What each customer has spent, and is predicted to spend in the coming days for which such a prediction was tested.

Here: the order of the steps. Purchases are predicted by BG/NBD or MBG/NBD, whichever has the higher likelihood, spending by
Gamma-Gamma or a mean. Both are tested on days that they were not fitted on: the last twelve months where the shop is old enough,
else fewer. The prediction is published for the longest time at which it passed. Otherwise every customer gets the mean of the
shop, and where even that is unknown, only what each has spent.
Not here: the models (bg_nbd.py, gamma_gamma.py), the test (holdout_test.py), the table (predicted_value.py).
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
from ecom_lake.shop.customer_value import bg_nbd, gamma_gamma, holdout_test, predicted_value, purchase_histories
from ecom_lake.shop.customer_value.bg_nbd import Histories
from ecom_lake.shop.customer_value.gamma_gamma import Spending, Spent
from ecom_lake.shop.customer_value.holdout_test import SALES_ERROR, SHOP_MEAN, TOTAL_ERROR, YEAR_DAYS, HoldoutResult
from ecom_lake.shop.customer_value.predicted_value import ShopMean
from ecom_lake.shop.customer_value.purchase_histories import ObservationPeriod
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.maximum_likelihood import FittedParameters, cholesky_from_text, with_parameters

READS = ("customer_metrics", "fct_orders", "reporting_period")
VERSION = 3

_MODEL, _CHOLESKY = "purchases by", "covariance of purchases"
_SPEND_METHOD, _SPEND_CHOLESKY = "spending by", "covariance of spending"
_CORRELATION = "correlation of purchases and spending"
_MIN_RETURNS = 30
"""Fewest repeat purchases that a mean of the shop is computed from."""


@dataclass(frozen=True)
class FittedModel:
    """Fitted to everything up to the as-of date, or kept from an earlier fit."""

    model: str
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
        notes = {_MODEL: self.model, _CHOLESKY: self.fit.cholesky_text, _SPEND_METHOD: self.spending.method}
        return notes | ({_SPEND_CHOLESKY: self.spending.fit.cholesky_text} if self.spending.fit else {})


def fit(con: duckdb.DuckDBPyConnection, settings: MiningSettings, past: Past) -> Fitted:
    period = purchase_histories.read(con)
    if period is None:
        return _without_model(con, settings, None, "There are no orders up to the as-of date, so nothing can be predicted.")
    if period.days < settings.value_min_days:
        why = f"The shop is known for {period.days} days; a prediction of customer value needs {settings.value_min_days}."
        return _without_model(con, settings, period, why)
    kept = _kept(con, period, settings, past)
    result, longer = _longest(con, period, settings, kept)
    if isinstance(result, str):
        return _without_model(con, settings, period, result)
    model = kept or _fitted(con, period, settings, result.champion)
    predicted = predicted_value.groups(model.model, model.fit, model.known, result.days, settings) if model else None
    if model is None or predicted is None or not np.all(np.isfinite(predicted.to_numpy())):
        return _without_model(con, settings, period, _not_identified(period.as_of), result)
    if not result.verdict(settings, None).is_published:
        why = f"{outcome(result)} {longer}".strip()
        return _without_model(con, settings, period, why, result, model, is_measured=True)
    table = predicted_value.by_model(con, period, settings, result.days, model.model, predicted, model.spending)
    details = (outcome(result), _about_horizon(result.days), longer, _about_spending(model))
    card = _card(table.height, period, result.verdict(settings, None), " ".join(filter(None, details)), model)
    return Fitted(
        {"customer_value": table}, card, _rivals(result, model), result.curves, model.parameters, _seen(table, model), model.notes
    )


def outcome(result: HoldoutResult) -> str:
    """What was predicted for the days held out and what occurred, in words for a shop manager."""
    error, sales_error = (result.of(result.champion, metric).value for metric in (TOTAL_ERROR, SALES_ERROR))
    purchases = round(result.actual * (1 + (error or 0.0)))
    sales = (
        f" The predicted net sales of these days differ by {sales_error:+.0%} from the actual ones."
        if sales_error is not None
        else ""
    )
    return (
        f"In the last {result.days} days, which were held out, customers made {result.actual:,} repeat purchases;"
        f" {result.champion} had predicted {purchases:,} ({error or 0.0:+.0%}).{sales}"
    )


def _not_identified(day: date) -> str:
    return f"The purchases up to {day} are too few or too similar to estimate how customers buy and leave."


def _longest(
    con: duckdb.DuckDBPyConnection, period: ObservationPeriod, settings: MiningSettings, kept: FittedModel | None
) -> tuple[HoldoutResult | str, str]:
    """The test of the most days that passes, or else that of the fewest; and how a longer one failed, in words. The error of the
    longer one is among the rivals."""
    *longer, fewest = holdout_test.horizons(period, settings)
    failed, reasons = [], []
    for days in longer:
        result = _tested(con, period, settings, kept, days)
        if isinstance(result, HoldoutResult):
            verdict = result.verdict(settings, None)
            if verdict.is_published:
                return result, ""
            failed.append(replace(result.of(result.champion, TOTAL_ERROR), metric=f"{TOTAL_ERROR} in {days} days"))
            finding = verdict.shown.finding if verdict.shown else verdict.why
            reasons.append(f"Tested on {days} days: {outcome(result)} {finding[0].upper()}{finding[1:]}.")
        else:
            reasons.append(f"Tested on {days} days: {result}")
    result = _tested(con, period, settings, kept, fewest)
    if isinstance(result, HoldoutResult):
        result = replace(result, rivals=(*result.rivals, *failed))
    return result, " ".join(reasons)


def _tested(
    con: duckdb.DuckDBPyConnection, period: ObservationPeriod, settings: MiningSettings, kept: FittedModel | None, days: int
) -> HoldoutResult | str:
    """How models fitted on the time before do on the days held out, or why they cannot be tested."""
    cut = period.as_of - timedelta(days=days)
    known = purchase_histories.histories(con, cut)
    repeat_buyers = int(np.sum(known.people[known.x > 0]))
    if repeat_buyers < settings.value_min_repeaters:
        return (
            f"{repeat_buyers:,} customers had bought at least twice by {cut};"
            f" a model of repeat purchases needs {settings.value_min_repeaters:,}."
        )
    tried = {name: bg_nbd.fit(name, known) for name in bg_nbd.MODELS}
    fits = {name: found for name, found in tried.items() if found is not None}
    # Both have as many parameters: the one with the higher likelihood has the lower AIC.
    champion = kept.model if kept else min(fits, key=lambda name: fits[name].aic, default=None)
    if champion is None or champion not in fits:
        return _not_identified(cut)
    spending = _spending(purchase_histories.spent(con, cut), settings, period.most_purchases)
    return holdout_test.run(con, period, settings, days, champion, fits, spending) or f"No customer returned after {cut}."


def _fitted(
    con: duckdb.DuckDBPyConnection, period: ObservationPeriod, settings: MiningSettings, model: str
) -> FittedModel | None:
    known = purchase_histories.histories(con, period.as_of)
    found = bg_nbd.fit(model, known)
    if found is None:
        return None
    spent = purchase_histories.spent(con, period.as_of)
    return FittedModel(model, found, known, _spending(spent, settings, period.most_purchases), spent, period.as_of)


def _kept(con: duckdb.DuckDBPyConnection, period: ObservationPeriod, settings: MiningSettings, past: Past) -> FittedModel | None:
    """The last fit, applied to the customers of today."""
    notes, fitted_as_of = past.notes, past.fitted_as_of
    if fitted_as_of is None or _MODEL not in notes or not past.serves(VERSION, settings, period.as_of):
        return None
    known, spent = purchase_histories.histories(con, period.as_of), purchase_histories.spent(con, period.as_of)
    model, parameters = notes[_MODEL], {name: past.parameters[name] for name in bg_nbd.BOUNDS}
    cholesky = cholesky_from_text(notes[_CHOLESKY], len(parameters))
    found = with_parameters(parameters, cholesky, bg_nbd.log_likelihood(model, known))
    return FittedModel(model, found, known, _kept_spending(past, spent, period.most_purchases), spent, fitted_as_of)


def _kept_spending(past: Past, spent: Spent, most: int) -> Spending:
    method = past.notes[_SPEND_METHOD]
    if method != gamma_gamma.GAMMA_GAMMA:
        return gamma_gamma.by_means(spent, most, method)
    parameters = {name: past.parameters[name] for name in gamma_gamma.PARAMETERS}
    cholesky = cholesky_from_text(past.notes[_SPEND_CHOLESKY], len(parameters))
    return gamma_gamma.by_gamma_gamma(with_parameters(parameters, cholesky, gamma_gamma.log_likelihood(spent)), most, spent.paid)


def _spending(spent: Spent, settings: MiningSettings, most: int) -> Spending:
    if int(np.sum(spent.people)) < settings.value_min_repeaters:
        return gamma_gamma.by_means(spent, most, gamma_gamma.SHOP)
    if not gamma_gamma.is_independent(gamma_gamma.correlation(spent), settings.value_max_correlation):
        return gamma_gamma.by_means(spent, most, gamma_gamma.ALIKE)
    found = gamma_gamma.gamma_gamma(spent)
    return gamma_gamma.by_gamma_gamma(found, most, spent.paid) if found else gamma_gamma.by_means(spent, most, gamma_gamma.SHOP)


def _without_model(
    con: duckdb.DuckDBPyConnection,
    settings: MiningSettings,
    period: ObservationPeriod | None,
    why: str,
    result: HoldoutResult | None = None,
    model: FittedModel | None = None,
    *,
    is_measured: bool = False,
) -> Fitted:
    """The mean of the shop for every customer, or where that is not known either, only what each has spent.

    `is_measured`: the gate of the test decided, and `why` only adds to it.
    """
    mean = _mean(con, period, settings) if period else None
    rivals, curves = _rivals(result, model), result.curves if result else ()
    parameters, notes = (model.parameters, model.notes) if model else ({}, {})
    if mean is None:
        table, instead = predicted_value.historic_only(con), "Only what each customer has spent is shown."
    else:
        table = predicted_value.by_mean(con, settings, mean)
        same = f"Every customer gets the mean of the shop: {mean.orders:.3f} purchases in {mean.days} days."
        instead = f"{same} {_about_horizon(mean.days)}".rstrip()
    fallback = SHOP_MEAN if mean else None
    if is_measured and result:
        card = _card(table.height, period, result.verdict(settings, fallback), f"{why} {instead}", model)
    else:
        card = _card(table.height, period, unmeasured(why, fallback), instead, model)
    return Fitted({"customer_value": table}, card, rivals, curves, parameters, notes=notes)


def _mean(con: duckdb.DuckDBPyConnection, period: ObservationPeriod, settings: MiningSettings) -> ShopMean | None:
    """What customers known at the start of the last year, or of half of the time, bought since; None where too few did."""
    if period.days < settings.value_min_days:
        return None
    days = min(YEAR_DAYS, period.days // 2)
    recent = purchase_histories.holdout(con, period.as_of - timedelta(days=days), period.as_of)
    people, returns = int(np.sum(recent.people)), int(np.sum(recent.people * recent.later_purchases))
    if people < settings.min_customers or returns < _MIN_RETURNS:
        return None
    mean = returns / people
    variance = float(np.sum(recent.people * (recent.later_purchases - mean) ** 2)) / people**2
    by_shop = gamma_gamma.by_means(purchase_histories.spent(con, period.as_of), 0, gamma_gamma.SHOP)
    spend = by_shop.by_n.row(0, named=True)
    return ShopMean(days, mean, variance, spend["base"], spend["v0"])


def _card(customers: int, period: ObservationPeriod | None, verdict: Verdict, details: str, model: FittedModel | None) -> Card:
    return Card(
        predicts="purchases and net sales of each customer in the coming days that were tested: twelve months at most",
        population="all customers with a valid order",
        as_of=period.as_of if period else None,
        trained_on=f"purchases from {period.first} to {period.as_of}" if period else "no purchases",
        n=customers,
        verdict=verdict,
        details=details,
        fitted_as_of=model.fitted_as_of if model else period.as_of if period else None,
    )


def _rivals(result: HoldoutResult | None, model: FittedModel | None) -> list[Rival]:
    found = gamma_gamma.correlation(model.spent) if model else None
    correlation = [Rival(gamma_gamma.GAMMA_GAMMA, _CORRELATION, found.value, found.low, found.high)] if found else []
    return [*(result.rivals if result else ()), *correlation]


def _about_horizon(days: int) -> str:
    if days == YEAR_DAYS:
        return ""
    return f"It is therefore published for {days} days (horizon_days); the columns of twelve months are empty."


def _about_spending(model: FittedModel) -> str:
    method, found = model.spending.method, gamma_gamma.correlation(model.spent)
    words = f"correlation {found.value:.2f}, {found.low:.2f} to {found.high:.2f}" if found else "the correlation is not defined"
    if method == gamma_gamma.GAMMA_GAMMA:
        return f"What a purchase is worth does not depend on how often a customer buys ({words}): Gamma-Gamma predicts it."
    if method == gamma_gamma.ALIKE:
        return f"What a purchase is worth depends on how often a customer buys ({words}): the {method} predicts it."
    return f"Repeat purchases are too few or too similar to predict each customer's spending: the {method} is used."


def _seen(table: pl.DataFrame, model: FittedModel) -> dict[str, float]:
    known = model.known
    people, purchases = float(np.sum(known.people)), float(np.sum(known.people * (known.x + 1)))
    quantiles = {
        f"{column}, quantile {share}": table[column].quantile(share, "nearest")
        for column in ("p_alive", "expected_orders", "predicted_value")
        for share in (0.1, 0.5, 0.9)
    }
    return {
        "share of repeat buyers": float(np.sum(known.people[known.x > 0])) / people,
        "purchases per person": purchases / people,
        "days known per person": float(np.sum(known.people * known.age)) / people,
        "spent per repeat purchase": model.spent.mean,
        **{name: float(value) for name, value in quantiles.items() if value is not None},
    }
