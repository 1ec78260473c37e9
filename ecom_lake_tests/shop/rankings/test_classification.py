from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecom_lake.shop.rankings.evaluation import Evaluation, Target, decile, evaluate
from ecom_lake.shop.rankings.hash_sample import HashSample
from ecom_lake.shop.rankings.probability_backtest import calibrate
from ecom_lake.shop.rankings.ranker import FOREST, LOGISTIC
from ecom_lake.shop.rankings.reasons import Group, permutation_importance, ranked_list
from ecom_lake.shop.rankings.sample import MIN_EVENTS, Sample
from ecom_lake.statistics.lift import lift
from ecom_lake.statistics.logistic_regression import sigmoid

TARGET = Target("it", "people", "do it", "the rule", ["a", "b", "c"])
AGAINST = replace(TARGET, does_not="do not do it")


def sample(seed: int, n: int = 4_000, strong: float = 1.5, is_shuffled: bool = False) -> Sample:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    outcome = rng.random(n) < sigmoid(-2 + strong * x[:, 0] + strong / 3 * x[:, 1])
    return Sample(x, rng.permutation(outcome) if is_shuffled else outcome, x[:, 2])


def evaluated() -> Evaluation:
    return evaluate(TARGET, sample(1), sample(2), sample(3), seed=0)


def test_a_real_effect_is_found_and_published() -> None:
    evaluation = evaluated()
    assert evaluation.is_published
    assert evaluation.ranker is not None
    platt, later = calibrate(evaluation.ranker, sample(3)), sample(4)
    assert platt is not None
    probability = platt(evaluation.ranker.scores(later.x))
    assert probability.mean() == pytest.approx(later.outcome.mean(), abs=0.02)
    assert "so it is published" in evaluation.reason


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_labels_are_refused(seed: int) -> None:
    train, calibration, test = (sample(10 * seed + i, is_shuffled=True) for i in range(3))
    evaluation = evaluate(TARGET, train, calibration, test, seed=0)
    assert not evaluation.is_published
    assert "not a significant improvement (a lead of more than 0.01 is required), so nothing is published" in evaluation.reason
    assert evaluation.details.startswith("No list of people that do it is published: a list by the rule is about as good.")


def test_no_better_than_the_rule_is_refused() -> None:
    """The model finds the effect, and the rule already has it."""
    parts = [sample(seed) for seed in (1, 2, 3)]
    train, calibration, test = (Sample(one.x, one.outcome, one.x[:, 0] * 1.5 + one.x[:, 1] * 0.5) for one in parts)
    evaluation = evaluate(TARGET, train, calibration, test, seed=0)
    assert evaluation.lifts is not None and evaluation.lifts.candidate.low > 2
    assert not evaluation.is_published


def saturated(seed: int) -> Sample:
    """`c`, by which the rule ranks, decides; of those with a high `c`, `a` separates some who do it for certain."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(4_000, 3))
    often = rng.random(4_000) < sigmoid(-1.5 + x[:, 2])
    return Sample(x, often | ((x[:, 0] > 1.3) & (x[:, 2] > 0)), x[:, 2])


def test_a_list_of_those_without_the_outcome_is_tested_from_its_own_end() -> None:
    """Those who do it are found better than by the rule; the list is of those who do not, which the rule finds as well."""
    train, calibration, test = (saturated(seed) for seed in (1, 2, 3))
    forwards, against = (evaluate(target, train, calibration, test, seed=0) for target in (TARGET, AGAINST))
    assert forwards.is_published and not against.is_published
    assert against.ranker is not None and against.lifts is not None and against.test is not None
    listed = decile(-against.ranker.scores(against.test.x)) == 1
    expected = (~against.test.outcome)[listed].mean() / (~against.test.outcome).mean()
    assert against.lifts.candidate.value == pytest.approx(expected, abs=0.005)
    assert against.lifts.rival.value == pytest.approx(lift(~against.test.outcome, -against.test.baseline))
    assert against.details.startswith("No list of people that do not do it is published: ")
    gain = {curve.series: curve.points for curve in against.curves}[f"it: {against.champion}"]
    assert next(point.value for point in gain if point.x == pytest.approx(0.1)) == pytest.approx(expected / 10, abs=0.002)


def test_a_list_of_those_without_the_outcome_is_published_where_it_is_better() -> None:
    evaluation = evaluate(AGAINST, sample(1), sample(2), sample(3), seed=0)
    assert evaluation.is_published
    assert (
        " times as many people that do not do it as a random list of the same size, in a test on all 4,000" in evaluation.details
    )


def nearly_all(seed: int) -> Sample:
    """Less than 1% do it, nearly always those with a high `a`, whom the rule puts on its list."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(12_000, 3))
    return Sample(x, rng.random(12_000) < sigmoid(-13 + 5 * x[:, 0]), -x[:, 0])


def test_a_list_that_cannot_be_much_better_than_a_random_one_is_refused() -> None:
    """The model separates those who do it well, and its lead is beyond chance; but 99% do not do it, on any list."""
    evaluation = evaluate(AGAINST, nearly_all(1), nearly_all(2), nearly_all(3), seed=0)
    assert evaluation.lifts is not None and evaluation.test is not None
    assert evaluation.lifts.difference.low > 0.01 and evaluation.lifts.candidate.low > 1
    assert evaluation.verdict.status == "refused"
    assert "a whole interval above 1.01 is required, so nothing is published" in evaluation.reason
    assert " is published: a random list is about as good. " in evaluation.details
    share = 1 - evaluation.test.outcome.mean()
    assert evaluation.reason.endswith(
        f" No list can do much better, because {share:.1%} of all people do not do it: at most {1 / share:.3f} times."
    )


@pytest.mark.parametrize("seed", range(2))
def test_a_list_of_those_without_the_outcome_by_shuffled_labels_is_refused(seed: int) -> None:
    train, calibration, test = (sample(10 * seed + i, is_shuffled=True) for i in range(3))
    evaluation = evaluate(AGAINST, train, calibration, test, seed=0)
    assert evaluation.lifts is not None and not evaluation.is_published
    assert evaluation.lifts.candidate.value == pytest.approx(1, abs=0.06)


def test_a_test_on_a_sample_is_described_as_such() -> None:
    evaluation = evaluate(TARGET, sample(1), sample(2), sample(3), seed=0, people=HashSample(0.75))
    assert evaluation.details.endswith("in a test on 4,000 (a random 75.0% of all) people of a later time.")


def other_regime(seed: int) -> Sample:
    """The outcome depends on neither `a` nor `b` alone: it occurs where both have the same sign, which only the forest finds."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(4_000, 3))
    return Sample(x, rng.random(4_000) < np.where(x[:, 0] * x[:, 1] > 0, 0.5, 0.05), x[:, 2])


def test_the_champion_is_not_selected_on_the_test_period() -> None:
    """The forest is fitted on both regimes; the calibration sample is of the first, where the logistic regression is better."""
    first, second = sample(1), other_regime(1)
    train = Sample(np.concatenate([first.x, second.x]), np.concatenate([first.outcome, second.outcome]), np.zeros(8_000))
    evaluation = evaluate(TARGET, train, sample(2), other_regime(3), seed=0)
    precision = {rival.name: rival.value or 0.0 for rival in evaluation.rivals if rival.metric == "PR-AUC"}
    assert precision["it: random forest"] > precision["it: logistic regression"] + 0.02
    assert evaluation.champion == LOGISTIC
    assert evaluate(TARGET, train, other_regime(2), other_regime(3), seed=0).champion == FOREST


@pytest.mark.parametrize("change", ["labels", "values", "unknown values", "other people"])
def test_nothing_that_is_fitted_changes_when_the_test_period_changes(change: str) -> None:
    rng, test = np.random.default_rng(9), sample(3)
    changed = {
        "labels": replace(test, outcome=rng.permutation(test.outcome)),
        "values": replace(test, x=test.x * 5 + 100),
        "unknown values": replace(test, x=np.where(rng.random(test.x.shape) < 0.3, np.nan, test.x)),
        "other people": other_regime(3),
    }[change]
    before, after = (evaluate(TARGET, sample(1), sample(2), tested, seed=0) for tested in (test, changed))
    assert before.parameters == after.parameters
    assert before.notes == after.notes
    assert before.ranker is not None and after.ranker is not None
    assert (before.ranker.medians == np.median(sample(1).x, axis=0).round(9)).all()
    assert (before.ranker.scores(test.x) == after.ranker.scores(test.x)).all()
    assert [rival.value for rival in before.rivals] != [rival.value for rival in after.rivals]


def test_too_few_rows_are_not_modelled() -> None:
    evaluation = evaluate(TARGET, sample(1), sample(2, n=60), sample(3), seed=0)
    assert evaluation.ranker is None
    assert "It: there are too few people to calibrate a model" in evaluation.reason


@pytest.mark.parametrize(("has_few_that_do", "counts"), [(True, "49 and 3,951"), (False, "3,951 and 49")])
def test_few_of_one_outcome_are_not_modelled_however_many_have_the_other(has_few_that_do: bool, counts: str) -> None:
    is_rare = np.arange(4_000) < MIN_EVENTS - 1
    calibration = replace(sample(2), outcome=is_rare if has_few_that_do else ~is_rare)
    evaluation = evaluate(TARGET, sample(1), calibration, sample(3), seed=0)
    assert evaluation.ranker is None
    assert evaluation.reason.endswith(
        f"It takes at least 50 that do it and 50 that do not; there are {counts}, so no list is published."
    )


def test_the_selected_model_is_kept() -> None:
    kept = evaluate(TARGET, sample(1), sample(2), sample(3), seed=0, kept={"it: leaf": "800", "it: champion": FOREST})
    assert kept.notes == {"it: leaf": "800", "it: champion": FOREST}
    assert kept.champion == FOREST != evaluated().champion


def test_unknown_values_are_imputed_with_the_median() -> None:
    evaluation = evaluated()
    assert evaluation.ranker is not None
    at_the_median = evaluation.ranker.scores(evaluation.ranker.medians[None, :])
    assert evaluation.ranker.scores(np.full((1, 3), np.nan)) == pytest.approx(at_the_median)


def test_equal_scores_are_in_the_same_decile() -> None:
    assert decile(np.array([0.9] * 15 + [0.5] * 5)).tolist() == [1] * 15 + [8] * 5
    assert decile(np.linspace(1, 0, 20)).tolist() == [1 + i // 2 for i in range(20)]
    assert decile(np.zeros(0)).tolist() == []


GROUPS = (
    Group("first", ("a",), lambda values: f"a is {values['a']:.1f}"),
    Group("second", ("b",), lambda values: f"b is {values['b']:.1f}"),
    Group("third", ("c",), lambda values: f"c is {values['c']:.1f}"),
)


def test_importance_and_reasons_name_the_drivers() -> None:
    evaluation, later = evaluated(), sample(5)
    assert evaluation.ranker is not None
    platt = calibrate(evaluation.ranker, later)
    importance = permutation_importance(evaluation.ranker, later.x, later.outcome, ["a", "b", "c"], GROUPS, seed=0)
    assert list(importance)[:2] == ["first", "second"]
    assert importance["first"] > 3 * importance["second"] > 20 * abs(importance["third"])
    crowd = np.zeros((20, 3))
    crowd[0], crowd[1] = (3, 1, 0), (-1, 3, 0)
    found = ranked_list(evaluation, crowd, GROUPS, importance, platt)
    assert found["top_reasons"].to_list() == ["a is 3.0; b is 1.0", None, *[None] * 18]
    against = ranked_list(replace(evaluation, target=AGAINST), -crowd, GROUPS, importance, platt)
    assert against["top_reasons"][0] == "a is -3.0; b is -1.0"
    assert against["probability"][0] == against["probability"].max()
