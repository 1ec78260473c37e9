from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ecom_lake.shop.rankings.classification import Judged, Question, decile, judge
from ecom_lake.shop.rankings.people import People
from ecom_lake.shop.rankings.probability import calibrate
from ecom_lake.shop.rankings.ranker import FOREST, LOGISTIC
from ecom_lake.shop.rankings.reasons import Group, importance, listed
from ecom_lake.statistics.logistic_regression import sigmoid

QUESTION = Question("it", "people", "do it", "the rule", ["a", "b", "c"])


def people(seed: int, n: int = 4_000, strong: float = 1.5, is_shuffled: bool = False) -> People:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    happened = rng.random(n) < sigmoid(-2 + strong * x[:, 0] + strong / 3 * x[:, 1])
    return People(x, rng.permutation(happened) if is_shuffled else happened, x[:, 2])


def judged(**how: Any) -> Judged:
    train, calibrate, test = (people(seed, **how) for seed in (1, 2, 3))
    return judge(QUESTION, train, calibrate, test, seed=0)


def test_what_is_there_is_found_and_published() -> None:
    verdict = judged()
    assert verdict.is_better
    assert verdict.ranker is not None
    platt, later = calibrate(verdict.ranker, people(3)), people(4)
    assert platt is not None
    said = platt(verdict.ranker.scores(later.x))
    assert said.mean() == pytest.approx(later.happened.mean(), abs=0.02)
    assert "so it is published" in verdict.reason


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_labels_are_refused(seed: int) -> None:
    train, calibration, test = (people(10 * seed + i, is_shuffled=True) for i in range(3))
    verdict = judge(QUESTION, train, calibration, test, seed=0)
    assert not verdict.is_better
    assert "which chance can explain, so nothing is published" in verdict.reason


def test_no_better_than_the_rule_is_refused() -> None:
    """The model finds what is there, and the rule had it already."""
    parts = [people(seed) for seed in (1, 2, 3)]
    train, calibration, test = (People(part.x, part.happened, part.x[:, 0] * 1.5 + part.x[:, 1] * 0.5) for part in parts)
    verdict = judge(QUESTION, train, calibration, test, seed=0)
    assert verdict.compared is not None and verdict.compared.one.low > 2
    assert not verdict.is_better


def other_regime(seed: int) -> People:
    """Here nothing happens by `a` or `b` alone: it happens where both have the same sign, which only the forest finds."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(4_000, 3))
    return People(x, rng.random(4_000) < np.where(x[:, 0] * x[:, 1] > 0, 0.5, 0.05), x[:, 2])


def test_the_champion_is_not_chosen_on_the_test_period() -> None:
    """The forest is fitted on both regimes; the calibration people are of the first, where the logistic regression is better."""
    first, second = people(1), other_regime(1)
    train = People(np.concatenate([first.x, second.x]), np.concatenate([first.happened, second.happened]), np.zeros(8_000))
    verdict = judge(QUESTION, train, people(2), other_regime(3), seed=0)
    precision = {rival.name: rival.value or 0.0 for rival in verdict.rivals if rival.metric == "PR-AUC"}
    assert precision["it: random forest"] > precision["it: logistic regression"] + 0.02
    assert verdict.champion == LOGISTIC
    assert judge(QUESTION, train, other_regime(2), other_regime(3), seed=0).champion == FOREST


@pytest.mark.parametrize("change", ["labels", "values", "unknown values", "other people"])
def test_nothing_that_is_fitted_changes_when_the_test_period_changes(change: str) -> None:
    rng, test = np.random.default_rng(9), people(3)
    changed = {
        "labels": replace(test, happened=rng.permutation(test.happened)),
        "values": replace(test, x=test.x * 5 + 100),
        "unknown values": replace(test, x=np.where(rng.random(test.x.shape) < 0.3, np.nan, test.x)),
        "other people": other_regime(3),
    }[change]
    before, after = (judge(QUESTION, people(1), people(2), tested, seed=0) for tested in (test, changed))
    assert before.parameters == after.parameters
    assert before.notes == after.notes
    assert before.ranker is not None and after.ranker is not None
    assert (before.ranker.blanks == np.median(people(1).x, axis=0).round(9)).all()
    assert (before.ranker.scores(test.x) == after.ranker.scores(test.x)).all()
    assert [rival.value for rival in before.rivals] != [rival.value for rival in after.rivals]


def test_too_few_to_tell() -> None:
    verdict = judge(QUESTION, people(1), people(2, n=60), people(3), seed=0)
    assert verdict.ranker is None
    assert "to calibrate a model there are 60 people" in verdict.reason


def test_what_was_chosen_is_kept() -> None:
    train, calibration, test = (people(seed) for seed in (1, 2, 3))
    kept = judge(QUESTION, train, calibration, test, seed=0, kept={"it: leaf": "800", "it: champion": FOREST})
    assert kept.notes == {"it: leaf": "800", "it: champion": FOREST}
    assert kept.champion == FOREST != judged().champion


def test_what_is_not_known_is_the_middle() -> None:
    verdict = judged()
    assert verdict.ranker is not None
    middle = verdict.ranker.scores(verdict.ranker.blanks[None, :])
    assert verdict.ranker.scores(np.full((1, 3), np.nan)) == pytest.approx(middle)


def test_equal_people_are_in_the_same_tenth() -> None:
    assert decile(np.array([0.9] * 15 + [0.5] * 5)).tolist() == [1] * 15 + [8] * 5
    assert decile(np.linspace(1, 0, 20)).tolist() == [1 + i // 2 for i in range(20)]
    assert decile(np.zeros(0)).tolist() == []


GROUPS = (
    Group("first", ("a",), lambda known: f"a is {known['a']:.1f}"),
    Group("second", ("b",), lambda known: f"b is {known['b']:.1f}"),
    Group("third", ("c",), lambda known: f"c is {known['c']:.1f}"),
)


def test_importance_and_reasons_name_what_drives() -> None:
    verdict, later = judged(), people(5)
    assert verdict.ranker is not None
    platt = calibrate(verdict.ranker, later)
    lost = importance(verdict.ranker, later.x, later.happened, ["a", "b", "c"], GROUPS, seed=0)
    assert list(lost)[:2] == ["first", "second"]
    assert lost["first"] > 3 * lost["second"] > 20 * abs(lost["third"])
    crowd = np.zeros((20, 3))
    crowd[0], crowd[1] = (3, 1, 0), (-1, 3, 0)
    told = listed(verdict, crowd, GROUPS, lost, platt)
    assert told["top_reasons"].to_list() == ["a is 3.0; b is 1.0", None, *[None] * 18]
    against = listed(verdict, -crowd, GROUPS, lost, platt, is_against=True)
    assert against["top_reasons"][0] == "a is -3.0; b is -1.0"
    assert against["probability"][0] == against["probability"].max()
