"""Adjusted comparisons: checked against hand-computed values, against other libraries, and against planted effects."""

from __future__ import annotations

import csv
import os
from math import isclose
from pathlib import Path

import numpy as np
import pytest

from ecom_lake.statistics.arrays import Floats
from ecom_lake.statistics.factor_regression import Design, Term, factor, least_squares, number
from ecom_lake.statistics.logistic_regression import fit_logistic
from ecom_lake.statistics.weighted_effect import People, crude, e_value, effect, matched, regression


def people_of(exposed: Floats, *terms: Term) -> People:
    return People(Design(terms, len(exposed)), exposed, np.ones(len(exposed)))


def two_strata() -> tuple[People, Floats]:
    """Near: 30 of 100 exposed and 60 of 300 unexposed customers ordered again; far: 30 of 300, and 10 of 100.
    The differences by stratum are 0.10 and 0.00; weighted by the exposed (0.10 · 100 + 0.00 · 300) / 400 = 0.025."""
    rows = [
        ("near", 1, 1, 30), ("near", 1, 0, 70), ("near", 0, 1, 60), ("near", 0, 0, 240),
        ("far", 1, 1, 30), ("far", 1, 0, 270), ("far", 0, 1, 10), ("far", 0, 0, 90),
    ]  # fmt: skip
    place, exposed, back, count = zip(*rows, strict=True)
    weight = np.array(count, dtype=float)
    people = People(Design([factor("place", place, weight)], len(rows)), np.array(exposed, dtype=float), weight)
    return people, np.array(back, dtype=float)


def test_two_strata_have_the_hand_computed_difference() -> None:
    people, outcome = two_strata()
    alike = matched(people, ridge=0)
    found = effect(alike, outcome, ridge=0)
    assert crude(people, outcome).value == pytest.approx(60 / 400 - 70 / 400)
    assert found.adjusted.value == pytest.approx(0.025)
    assert (found.mean_exposed, found.mean_unexposed) == pytest.approx((0.15, 0.125))
    assert found.risk_ratio and found.risk_ratio.value == pytest.approx(0.15 / 0.125)
    assert found.odds_ratio and found.odds_ratio.value == pytest.approx((0.15 / 0.85) / (0.125 / 0.875))
    assert alike.before["place: near"] == pytest.approx(0.5 / np.sqrt(0.25 * 0.75))
    assert alike.worst == pytest.approx(0, abs=1e-9)
    # The variance of a difference of strata: Σ share² · (p₁q₁/n₁ + p₀q₀/n₀), plus the variance of the exposed customers' strata.
    within = 0.0625 * (0.21 / 100 + 0.16 / 300) + 0.5625 * (0.09 / 300 + 0.09 / 100)
    between = (0.25 * (0.10 - 0.025) ** 2 + 0.75 * 0.025**2) / 400
    assert found.adjusted.error == pytest.approx(np.sqrt(within + between), rel=1e-6)


@pytest.mark.parametrize(("of_exposure", "of_outcome"), [(0, 1e9), (1e9, 0)], ids=["outcome", "propensity"])
def test_one_wrong_model_does_not_bias_the_difference(of_exposure: float, of_outcome: float) -> None:
    """A model with a very large ridge penalty does not distinguish the strata; weighting alone is then as wrong as its model."""
    people, outcome = two_strata()
    found = effect(matched(people, ridge=of_exposure), outcome, ridge=of_outcome)
    assert found.adjusted.value == pytest.approx(0.025)
    assert found.weighting == pytest.approx(0.025 if of_exposure == 0 else 60 / 400 - 70 / 400, abs=1e-6)


def test_a_row_with_a_count_equals_that_many_rows() -> None:
    rng = np.random.default_rng(1)
    places = rng.integers(0, 3, 600)
    exposed, outcome = (rng.random(600) < 0.3).astype(float), (rng.random(600) < 0.1 + 0.1 * places).astype(float)
    keys, count = np.unique(np.stack([places, exposed, outcome]), axis=1, return_counts=True)
    weight = count.astype(float)
    few = People(Design([factor("place", list(keys[0].astype(str)), weight)], len(count)), keys[1], weight)
    many = people_of(exposed, factor("place", list(places.astype(float).astype(str)), np.ones(600)))
    one, other = effect(matched(few), keys[2]).adjusted, effect(matched(many), outcome).adjusted
    assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))
    assert crude(few, keys[2]).high == pytest.approx(crude(many, outcome).high)


def test_models_agree_with_statsmodels() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(2)
    x, group = rng.normal(3, 2, 500), rng.integers(0, 4, 500)
    y = (rng.random(500) < 1 / (1 + np.exp(1 - 0.3 * x - 0.2 * group))).astype(float)
    ones = np.ones(500)
    exposure = (rng.random(500) < 0.4).astype(float)
    people = people_of(exposure, factor("group", [str(g) for g in group], ones), number("x", x))
    dummies = np.stack([ones, *(group == g for g in (1, 2, 3)), x, exposure], axis=1).astype(float)
    reference = sm.GLM(y, dummies[:, :5], family=sm.families.Binomial()).fit()
    assert people.design.predicted(fit_logistic(people.design, y, ones, 0)) == pytest.approx(
        np.asarray(dummies[:, :5] @ reference.params), abs=1e-7
    )
    line = sm.OLS(y, dummies).fit(cov_type="HC1")
    ours = regression(people, y)
    assert (ours.value, ours.error) == pytest.approx((line.params[-1], line.bse[-1]))


def test_confounding_by_distance_is_removed() -> None:
    """Distant customers get late deliveries and reorder less often, late or not: a true effect of 0, and of 0.7 times."""
    for ratio in (1.0, 0.7):
        held, away = 0, 0
        for seed in range(40):
            rng = np.random.default_rng([int(10 * ratio), seed])
            far = rng.random(8_000) < 0.4
            late = (rng.random(8_000) < np.where(far, 0.3, 0.06)).astype(float)
            usual = np.where(far, 0.05, 0.12)
            back = (rng.random(8_000) < usual * np.where(late == 1, ratio, 1.0)).astype(float)
            people = people_of(late, factor("far", [str(one) for one in far], np.ones(8_000)))
            found = effect(matched(people), back)
            truth = float((usual[late == 1] * (ratio - 1)).mean())
            held += found.adjusted.low <= truth <= found.adjusted.high
            away += crude(people, back).high < truth
        assert held >= 35
        assert away >= 35  # the unadjusted interval misses the true effect


def test_customers_without_a_comparable_customer_are_left_out() -> None:
    exposed = np.array([1.0] * 50 + [1.0] * 50 + [0.0] * 100)
    island = factor("place", ["island"] * 50 + ["mainland"] * 150, np.ones(200))
    alike = matched(people_of(exposed, island), ridge=0.01)
    assert alike.overlap == 0.5
    outcome = np.array([1.0] * 50 + [0.0, 1.0] * 75)
    assert effect(alike, outcome).adjusted.value == pytest.approx(0, abs=0.02)


def test_customers_with_a_higher_propensity_than_all_unexposed_are_left_out() -> None:
    """Two of two on the island are exposed: the penalty keeps their propensity far below 1, but nobody is comparable."""
    place = ["island"] * 2 + ["mainland"] * 200
    alike = matched(people_of(np.array([1.0] * 102 + [0.0] * 100), factor("place", place, np.ones(202))))
    assert 0.5 < alike.propensity[0] < 0.8
    assert alike.kept.tolist() == [0] * 2 + [1] * 200
    assert alike.overlap == pytest.approx(100 / 102)


def test_customers_with_a_propensity_near_one_are_left_out() -> None:
    """One of a hundred customers on the island was not exposed, and cannot represent the other 99."""
    place = ["island"] * 100 + ["mainland"] * 200
    exposed = np.array([1.0] * 99 + [0.0] + [1.0, 0.0] * 100)
    alike = matched(people_of(exposed, factor("place", place, np.ones(300))), ridge=0)
    assert alike.overlap == pytest.approx(100 / 199)
    assert alike.weight[99] == 0


@pytest.mark.parametrize(("ratio", "strength"), [(0.8, 1.809), (1.25, 1.809), (1.0, 1.0), (2.0, 2 + 2**0.5)])
def test_the_e_value_has_the_published_values(ratio: float, strength: float) -> None:
    assert e_value(ratio) == pytest.approx(strength, abs=5e-4)


def test_without_repeat_purchases_there_is_no_effect() -> None:
    exposed = np.array([1.0, 0.0] * 50)
    people = people_of(exposed, factor("place", ["a", "a", "b", "b"] * 25, np.ones(100)))
    found = effect(matched(people), np.zeros(100))
    assert found.adjusted.value == 0
    assert found.risk_ratio is None


def test_lalonde() -> None:
    """The training programme of LaLonde (1986), 614 people of R's MatchIt: an environment variable names their CSV."""
    path = os.environ.get("ECOM_LAKE_LALONDE")
    if not path:
        pytest.skip("set ECOM_LAKE_LALONDE to a CSV of MatchIt's lalonde data")
    with Path(path).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    values = {name: np.array([float(row[name]) for row in rows]) for name in ("treat", "re78")}
    terms = [number(name, np.array([float(row[name]) for row in rows])) for name in ("age", "educ", "re74", "re75")]
    terms += [factor(name, [row[name] for row in rows], np.ones(len(rows))) for name in _flags(rows[0])]
    people = people_of(values["treat"], *terms)
    alike = matched(people, ridge=0)
    found = effect(alike, values["re78"], is_share=False, ridge=0)
    assert round(crude(people, values["re78"]).value, 3) == -635.026
    assert round(regression(people, values["re78"]).value, 3) == 1548.244
    # 1.757 with the standard deviation of a sample (n - 1); ours divides by n.
    black = next(apart for name, apart in alike.before.items() if name in ("race: black", "black: 1"))
    assert black * np.sqrt(184 / 185) == pytest.approx(1.757, abs=0.001)
    assert found.adjusted.low < 1548.244 < found.adjusted.high
    assert alike.worst < 0.2


def _flags(row: dict[str, str]) -> list[str]:
    return ["race", "married", "nodegree"] if "race" in row else ["black", "hispan", "married", "nodegree"]


def test_collinear_columns_do_not_change_the_result() -> None:
    rng = np.random.default_rng(3)
    place = [str(one) for one in rng.integers(0, 3, 300)]
    y = rng.random(300)
    ones = np.ones(300)
    once = Design([factor("place", place, ones)], 300)
    twice = Design([factor("place", place, ones), factor("again", place, ones)], 300)
    same = [design.predicted(least_squares(design, y, ones)) for design in (once, twice)]
    assert all(isclose(a, b, rel_tol=1e-6) for a, b in zip(*same, strict=True))
