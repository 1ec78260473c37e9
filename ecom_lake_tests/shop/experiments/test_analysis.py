"""The analysis of an experiment: what is refused, and which participants are used."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecom_lake.shop.experiments.analysis import Spec, Units, analyze


def revenue(share_treated: float, people: int, seed: int = 3, spread: float = 1.2) -> Units:
    """Net sales of which 95% are 0 and the others lognormal; the treatment has no effect."""
    rng = np.random.default_rng(seed)
    spent = (rng.random(people) < 0.05) * rng.lognormal(4, spread, people)
    return Units("control", "offer", np.arange(people) >= round(people * (1 - share_treated)), {"outcome": spent})


@pytest.mark.parametrize(("share_treated", "is_refused"), [(0.5, False), (0.1, True), (0.9, True)])
def test_skewed_money_in_small_arms_is_refused(share_treated: float, is_refused: bool) -> None:
    """In halves the skewness of 4,000 values cancels; 400 of them differ significantly from the others in 12% of splits."""
    found = analyze(revenue(share_treated, 4_000), Spec(share_treated=share_treated))
    assert found.refused is None or "random splits of the same participants" in found.refused
    assert (found.refused is not None) is is_refused


def test_the_a_a_test_has_a_smaller_arm_of_up_to_2000() -> None:
    """10% of 20,000 are treated: the arm of 2,000 is large enough, that of 400 in a sample of 4,000 would not be."""
    assert analyze(revenue(0.1, 20_000, spread=0.8), Spec(share_treated=0.1)).refused is None


def test_only_the_unreliable_outcome_is_refused() -> None:
    """Both outcomes were planned: the p-value of the one that is left is still corrected for two."""
    skewed = revenue(0.1, 4_000)
    ordered = (np.arange(4_000) % 10 < np.where(skewed.is_treated, 3, 2)).astype(float)
    both = replace(skewed, outcomes={"net_sales": skewed.outcomes["outcome"], "ordered": ordered})
    found, alone = (analyze(units, Spec(share_treated=0.1)) for units in (both, replace(skewed, outcomes={"ordered": ordered})))
    assert found.refused is None and [one.metric for one in found.unreliable] == ["net_sales"]
    assert found.unreliable[0].reason.startswith("The test of net_sales is not reliable on these data: random splits of the same")
    [left], [single] = found.results, alone.results
    assert left.p is not None and single.p is not None
    assert (left.metric, left.is_found) == ("ordered", True) and left.p == pytest.approx(2 * single.p)
    assert found.false_alarms == alone.false_alarms and found.false_alarms is not None and found.false_alarms < 0.07


def mixed(people: int, by_time: bool = True) -> Units:
    """The rows are in the reverse order of assignment. Of three participants, the last to be assigned is treated; those whose
    position is in the first half of ten ordered, and `before` is the position."""
    position = np.arange(people)[::-1].copy()
    ordered = (position % 10 < 5).astype(float)
    return Units(
        "control", "offer", position % 3 == 2, {"outcome": ordered}, position.astype(float), position if by_time else None
    )


def test_the_first_participants_are_those_up_to_the_size_of_the_smaller_arm() -> None:
    """The fourth treated participant is the twelfth of all."""
    first = mixed(300).first(4)
    assert first.before is not None and first.before.tolist() == list(range(11, -1, -1))
    assert first.outcomes["outcome"].tolist() == [1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
    assert first.people == (8, 4)
    assert mixed(300).first(1_000).people == (200, 100)
    assert mixed(300, by_time=False).first(4).people == (200, 100)


THIRD = Spec(n=60, share_treated=1 / 3)


def test_after_the_end_the_planned_participants_are_analyzed_however_many_there_are() -> None:
    at_the_end, later, much_later = (analyze(mixed(3 * smaller), THIRD) for smaller in (60, 70, 400))
    assert (at_the_end.look, at_the_end.left_out, at_the_end.people) == (1, 0, (120, 60))
    assert (later.look, later.left_out, later.people) == (1, 30, (120, 60))
    assert at_the_end.results == later.results == much_later.results


def test_between_two_looks_the_last_one_is_repeated() -> None:
    sequential = replace(THIRD, n=100, method="sequential", looks=2)
    first, again, last = (analyze(mixed(3 * smaller), sequential) for smaller in (50, 80, 120))
    assert (first.look, again.look, last.look) == (1, 1, 2)
    assert first.results == again.results != last.results
    assert (again.left_out, last.left_out) == (90, 60)


def test_without_the_order_of_assignment_only_a_look_can_be_analyzed() -> None:
    def refused(smaller: int, spec: Spec) -> tuple[str, bool]:
        found = analyze(mixed(3 * smaller, by_time=False), spec)
        assert found.refused is not None and not found.results
        return found.refused, found.is_early

    assert analyze(mixed(3 * 62, by_time=False), THIRD).look == 1
    more, is_early = refused(64, THIRD)
    assert more.startswith("There are more participants than planned: 64 per arm instead of 60. To analyze the first 60")
    assert not is_early
    sequential = replace(THIRD, n=100, method="sequential", looks=2)
    between, is_early = refused(60, sequential)
    assert between.startswith("The next look, 2 of 2, is at 100 participants per arm; there are 60 so far. To repeat look 1, add")
    assert is_early
    assert refused(120, sequential)[0].startswith("There are more participants than planned")
    assert refused(30, sequential)[0] == "The first of 2 looks is at 50 participants per arm; there are 30 so far."
    assert refused(50, THIRD)[0].startswith("The experiment is not over: 50 of 60 participants per arm.")


def test_an_always_valid_plan_has_no_looks() -> None:
    found = analyze(mixed(900, by_time=False), replace(THIRD, method="always-valid", minimal_effect=1.0))
    assert (found.refused, found.look) == (None, None)
