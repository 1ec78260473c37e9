from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import duckdb
import numpy as np
import pytest

from ecom_lake.engine.contracts.fitted import Rival
from ecom_lake.shop.customer_value import gamma_gamma, holdout_test, purchase_histories
from ecom_lake.shop.customer_value.bg_nbd import MBG
from ecom_lake.shop.customer_value.customer_value_model import outcome
from ecom_lake.shop.customer_value.holdout_test import (
    ALIKE,
    ERROR_REDUCTION,
    PAST_RATE,
    SALES_ERROR,
    SHOP_MEAN,
    TOP_DECILE,
    TOTAL_ERROR,
    HoldoutResult,
)
from ecom_lake.shop.customer_value.purchase_histories import ObservationPeriod
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.maximum_likelihood import FittedParameters
from ecom_lake_tests.builders.bg_nbd_customers import AS_OF, PLANTED, orders_of, shop

SETTINGS = MiningSettings()


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        shop(con, orders_of(MBG, 3_000, 730, seed=21))
        yield con


@pytest.mark.parametrize(
    ("setting", "years", "expected"),
    [
        (182, 5, [365, 182]),
        (364, 5, [365, 364]),
        (400, 5, [365, 364]),
        (36_500, 5, [365, 364]),
        (400, 2, [365, 182]),
        (400, 1, [91]),
    ],
)
def test_twelve_months_are_tested_whatever_the_shorter_holdout(setting: int, years: int, expected: list[int]) -> None:
    period = ObservationPeriod(AS_OF - timedelta(days=365 * years), AS_OF, 1)
    assert holdout_test.horizons(period, MiningSettings(value_holdout_days=setting)) == expected


def tried(con: duckdb.DuckDBPyConnection, **parameters: float) -> HoldoutResult:
    known = purchase_histories.read(con)
    assert known is not None
    by = gamma_gamma.by_means(purchase_histories.spent(con, AS_OF), known.most_purchases, gamma_gamma.SHOP)
    trial = holdout_test.run(
        con, known, SETTINGS, 182, MBG, {MBG: FittedParameters(PLANTED | parameters, np.zeros((4, 4)), 0.0)}, by
    )
    assert trial is not None
    return trial


def test_the_true_model_beats_every_baseline(con: duckdb.DuckDBPyConnection) -> None:
    trial = tried(con)
    assert trial.beats_the_best_naive.passes and trial.best_naive == ALIKE
    saved, caught = trial.of(MBG, ERROR_REDUCTION), trial.of(MBG, TOP_DECILE)
    assert saved.low is not None and saved.high is not None and saved.value is not None and caught.value is not None
    assert 0.2 < saved.low < saved.value < saved.high
    assert caught.value > (trial.of(PAST_RATE, TOP_DECILE).value or 1)
    assert trial.of(PAST_RATE, ERROR_REDUCTION).value is None  # it predicts no purchase, and there are some


def test_a_model_without_differences_between_customers_beats_no_baseline(con: duckdb.DuckDBPyConnection) -> None:
    """About as many purchases in total, but the same number for every customer."""
    trial = tried(con, r=600.0, alpha=30_000.0, a=0.02, b=20.0)
    assert not trial.beats_the_best_naive.passes
    assert abs(trial.of(MBG, TOTAL_ERROR).value or 1) < 0.3


def test_the_baselines_have_the_hand_computed_values(con: duckdb.DuckDBPyConnection) -> None:
    """Before: two customers without a repeat purchase ordered 1 and 0 times, one with two repeat purchases 3 times."""
    none, one, no_money = np.zeros(3, dtype=np.int64), np.ones(3, dtype=np.int64), np.zeros(3)
    before = purchase_histories.Holdout(
        x=np.array([0, 0, 2]),
        t_x=none,
        age=none,
        n=none,
        bucket=none,
        spent=no_money,
        later_spent=no_money,
        later_purchases=np.array([1, 0, 3]),
        people=one,
    )
    now = replace(before, x=np.array([0, 2, 9]), age=np.array([400, 400, 50]))
    found = holdout_test.naive_forecasts(now, before, 100, 100)
    mean = 4.5 / 4
    assert found[SHOP_MEAN].tolist() == [mean] * 3
    assert found[PAST_RATE].tolist() == [0, 2 / 400 * 100, 9]
    assert found[ALIKE].tolist() == [(1 + mean) / 3, (3 + mean) / 2, mean]
    twice = holdout_test.naive_forecasts(now, before, 100, 200)
    assert twice[SHOP_MEAN].tolist() == [2 * mean] * 3
    assert twice[PAST_RATE].tolist() == [0, 2 / 400 * 200, 18]
    assert twice[ALIKE].tolist() == [2 * of for of in found[ALIKE]]


def test_the_baselines_use_only_days_before_the_window() -> None:
    """Ten customers order again 9 times in the half year before the last, 4 times in the last one, 6 times in the holdout."""
    cut = AS_OF - timedelta(days=182)
    first, spans = cut - timedelta(days=400), ((cut - timedelta(days=300), 9), (cut - timedelta(days=90), 4), (cut, 6))
    orders = [(f"{who}", first, 5.0) for who in range(10)]
    orders += [(f"{i}", start + timedelta(days=20 + i), 5.0) for start, number in spans for i in range(number)]
    with duckdb.connect() as other:
        shop(other, orders)
        trial = tried(other)
    of_ten = 10 * (4 + 0.5) / (10 + 1)
    assert trial.of(SHOP_MEAN, TOTAL_ERROR).value == pytest.approx(of_ten / 6 - 1)


def test_a_short_history_is_split_in_half_for_the_baselines() -> None:
    """100 days are known before the cut; the mean of the last 50 is extrapolated to 182 days."""
    cut = AS_OF - timedelta(days=182)
    orders = [(f"{who}", cut - timedelta(days=100), 5.0) for who in range(10)]
    orders += [(f"{i}", cut - timedelta(days=60), 5.0) for i in range(7)]
    orders += [(f"{i}", cut - timedelta(days=10), 5.0) for i in range(3)]
    orders += [(f"{i}", cut + timedelta(days=30), 5.0) for i in range(8)]
    with duckdb.connect() as other:
        shop(other, orders)
        trial = tried(other)
    assert trial.of(SHOP_MEAN, TOTAL_ERROR).value == pytest.approx(10 * (3 + 0.5) / 11 * 182 / 50 / 8 - 1)


def a_trial(miss: float, lead: float, saved: float = 0.3) -> HoldoutResult:
    rivals = (
        Rival(MBG, TOTAL_ERROR, miss, miss - 0.1, miss + 0.1),
        Rival(MBG, ERROR_REDUCTION, saved, 0.2, 0.4),
        Rival(ALIKE, ERROR_REDUCTION, 0.1, 0.05, 0.15),
    )
    return HoldoutResult(MBG, 182, 1_000, rivals, ALIKE, (lead, 0.4), ())


def test_the_sentence_states_the_result() -> None:
    assert outcome(a_trial(0.19, 0.1)) == (
        "In the last 182 days, which were held out, customers made 1,000 repeat purchases; MBG/NBD had predicted 1,190 (+19%)."
    )


def test_the_sentence_states_the_error_of_net_sales() -> None:
    trial = a_trial(0.19, 0.1)
    trial = replace(trial, rivals=(*trial.rivals, Rival(MBG, SALES_ERROR, -0.25, -0.3, -0.2)))
    assert outcome(trial).endswith("(+19%). The predicted net sales of these days differ by -25% from the actual ones.")


def test_free_purchases_lower_the_value_of_a_purchase() -> None:
    """Of five repeat purchases, four cost 10 and one nothing: a purchase is worth 8, and not 10."""
    start = AS_OF - timedelta(days=100)
    orders = [("a", start + timedelta(days=day), 10.0 if day else 0.0) for day in range(4)]
    orders += [("b", start + timedelta(days=day), 10.0 if day == 1 else 0.0) for day in range(3)]
    with duckdb.connect() as con:
        shop(con, orders)
        assert purchase_histories.read(con) is not None
        spent = purchase_histories.spent(con, AS_OF)
    assert (spent.paid, spent.mean) == (4 / 5, 10.0)
    for method in (gamma_gamma.SHOP, gamma_gamma.ALIKE):
        assert gamma_gamma.by_means(spent, 3, method).by_n["base"].to_list() == [8.0] * 4
    fit = FittedParameters({"p": 5.0, "q": 4.0, "v": 10.0}, np.eye(3) * 0.1, 0.0)
    all_paid, some_paid = (gamma_gamma.by_gamma_gamma(fit, 3, paid).by_n for paid in (1.0, 0.8))
    for name, factor in (("base", 0.8), ("share", 0.8), ("v0", 0.64), ("v1", 0.64), ("v2", 0.64)):
        assert some_paid[name].to_list() == pytest.approx((factor * all_paid[name]).to_list())


def test_the_gate_uses_the_interval_of_the_error() -> None:
    assert a_trial(0.19, 0.1).verdict(SETTINGS, SHOP_MEAN).status == "published"
    assert a_trial(-0.2, 0.1).verdict(SETTINGS, SHOP_MEAN).status == "published"
    for failed in (a_trial(-0.21, 0.1), a_trial(0.21, 0.1), a_trial(0.0, 0.0), a_trial(0.0, -0.1), a_trial(0.0, 0.1, saved=0.1)):
        assert failed.verdict(SETTINGS, SHOP_MEAN).status == "baseline"
        assert failed.verdict(SETTINGS, None).status == "refused"
    too_far, no_better = a_trial(-0.21, 0.1).verdict(SETTINGS, SHOP_MEAN), a_trial(-0.21, -0.1).verdict(SETTINGS, SHOP_MEAN)
    assert too_far.sentence == (
        "For MBG/NBD, the absolute error of the predicted total is 0.21 (95% interval 0.11 to 0.31); at most 0.2 is required, so"
        " mean of the shop is published instead."
    )
    assert no_better.shown is not None and (no_better.shown.metric, no_better.shown.rival) == (ERROR_REDUCTION, ALIKE)


@pytest.mark.parametrize(
    ("low", "high", "interval"),
    [(-0.3, -0.1, (0.1, 0.3)), (-0.3, 0.1, (0.0, 0.3)), (0.1, 0.3, (0.1, 0.3)), (None, None, (None, None))],
)
def test_a_miss_counts_in_either_direction(low: float | None, high: float | None, interval: tuple[float, float]) -> None:
    value = 0.2 if low is None or high is None else (low + high) / 2
    trial = HoldoutResult(MBG, 182, 1_000, (Rival(MBG, TOTAL_ERROR, value, low, high),), ALIKE, (0, 1), ())
    gate = trial.misses_at_most(0.2)
    assert (gate.low, gate.high) == interval
    assert gate.passes is (low is not None)


def test_a_holdout_without_repeat_purchases_has_no_relative_error() -> None:
    with duckdb.connect() as con:
        early = AS_OF - timedelta(days=400)
        shop(con, [(f"{i}", early - timedelta(days=300 * (i % 2) + 10 * again), 5.0) for i in range(50) for again in (0, 1)])
        known = purchase_histories.read(con)
        assert known is not None
        by = gamma_gamma.by_means(purchase_histories.spent(con, AS_OF), 2, gamma_gamma.SHOP)
        fits = {MBG: FittedParameters(PLANTED, np.zeros((4, 4)), 0.0)}
        assert holdout_test.run(con, known, SETTINGS, 182, MBG, fits, by) is None


def test_free_purchases_have_no_relative_error_of_sales() -> None:
    with duckdb.connect() as con:
        shop(con, [(who, day, 0.0) for who, day, _ in orders_of(MBG, 300, 730, seed=22)])
        trial = tried(con)
    assert trial.of(MBG, SALES_ERROR).value is None
