"""A model's status is computed from its metrics: hand-written cases, ties, missing metrics, and both directions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ecom_lake.engine.contracts import gate
from ecom_lake.engine.contracts.fitted import Card
from ecom_lake.engine.contracts.gate import THRESHOLD, Gate, Verdict, against_threshold, best_of, decide, unmeasured
from ecom_lake_tests.builders.verdicts import LIFT, card

MASE = replace(
    LIFT,
    candidate="SES",
    metric="mase",
    direction="lower",
    requirement="better",
    value=0.5,
    low=0.4,
    high=0.6,
    rival="naive",
    rival_value=0.75,
    difference_low=-0.4,
    difference_high=0.1,
)


@pytest.mark.parametrize(
    ("given", "changes", "passes"),
    [
        (LIFT, {}, True),
        (LIFT, {"direction": "lower"}, False),
        (LIFT, {"difference_low": 0.0}, False),  # the interval includes no difference
        (LIFT, {"difference_low": -0.1}, False),
        (LIFT, {"value": 1.5}, False),  # a tie
        (LIFT, {"value": 1.4}, False),  # the interval contradicts the value
        (LIFT, {"margin": 0.1}, False),  # better by more than the margin, but the interval includes the margin
        (LIFT, {"margin": 0.09}, True),
        (LIFT, {"margin": 0.5, "difference_low": 0.6}, False),
        (LIFT, {"value": None}, False),
        (LIFT, {"value": float("nan")}, False),
        (LIFT, {"high": float("inf")}, False),
        (LIFT, {"rival_value": float("nan")}, False),
        (LIFT, {"difference_low": None, "difference_high": None}, False),
        (LIFT, {"low": None}, False),
        (LIFT, {"difference_low": 0.9, "difference_high": 0.1}, False),  # an interval that ends before it starts
        (LIFT, {"low": 2.4, "high": 1.6}, False),
        (MASE, {}, True),
        (MASE, {"direction": "higher"}, False),
        (MASE, {"value": 0.75}, False),
        (MASE, {"margin": 0.25}, False),
        (MASE, {"margin": 0.24}, True),
        (MASE, {"low": None, "high": None, "difference_low": None, "difference_high": None}, True),  # better, without intervals
        (MASE, {"value": 0.75, "low": None, "high": None}, False),
        (MASE, {"difference_low": None}, False),  # half an interval
        (MASE, {"requirement": "no worse", "low": None, "high": None}, False),
        (MASE, {"requirement": "certainly better"}, False),
        (MASE, {"requirement": "certainly better", "difference_high": -0.01}, True),
        (MASE, {"requirement": "certainly better", "difference_high": 0.0}, False),
        (MASE, {"requirement": "no worse", "value": 0.75}, True),
        (MASE, {"requirement": "no worse", "value": 0.750000001}, False),
        (MASE, {"requirement": "no worse", "value": 0.7500000000001}, True),  # beyond the decimals that are kept
        (MASE, {"requirement": "not certainly worse", "value": 0.8}, True),
        (MASE, {"requirement": "not certainly worse", "value": 0.8, "difference_low": 0.0}, True),
        (MASE, {"requirement": "not certainly worse", "value": 0.8, "difference_low": 0.01}, False),
        (LIFT, {"requirement": "not certainly worse", "difference_high": 0.0, "difference_low": -0.5}, True),
        (LIFT, {"requirement": "not certainly worse", "difference_high": -0.01, "difference_low": -0.5}, False),
    ],
)
def test_hand_written_gates_pass_or_fail(given: Gate, changes: dict[str, Any], passes: bool) -> None:
    changed = replace(given, **changes)
    assert changed.passes is passes
    assert decide(changed).status == ("published" if passes else "refused")
    assert decide(changed, fallback="recency").status == ("published" if passes else "baseline")


@pytest.mark.parametrize(("value", "passes"), [(199, False), (200, True), (201, True)])
def test_a_value_equal_to_the_threshold_passes(value: float, passes: bool) -> None:
    counted = against_threshold("formulas", "customers observed", 200, value)
    assert (counted.low, counted.high, counted.rival) == (value, value, THRESHOLD)
    assert counted.passes is passes
    assert against_threshold("matching", "imbalance", 200, value, direction="lower").passes is (value <= 200)


def test_the_whole_interval_of_an_estimate_must_exceed_the_threshold() -> None:
    for low, passes in ((1.0, False), (1.1, True)):
        clears = against_threshold("forest", "lift", 1.0, 1.5, (low, 2.0), requirement="certainly better")
        assert clears.passes is passes
    assert not against_threshold("forest", "lift", 1.0, 1.5, (None, None), requirement="certainly better").passes


def test_all_gates_must_pass_and_the_first_that_failed_is_named() -> None:
    failed, second = replace(MASE, value=1.0), replace(LIFT, value=1.0)
    assert decide(LIFT, MASE).sentence.startswith("The lift at 10% (higher is better) is 2 (95% interval 1.6 to 2.4) for forest")
    assert decide(LIFT, failed, second).status == "refused"
    assert decide(LIFT, failed, second).sentence.startswith("The mase (lower is better) is 1 (95% interval 0.4 to 0.6) for SES")
    assert decide(LIFT, failed).shown == failed


def test_the_sentence_states_candidate_and_rival_with_values_and_intervals() -> None:
    assert decide(LIFT).sentence == (
        "The lift at 10% (higher is better) is 2 (95% interval 1.6 to 2.4) for forest and 1.5 for recency; the difference is 0.5"
        " (95% interval 0.1 to 0.9), a significant improvement, so it is published."
    )
    assert decide(replace(MASE, value=0.75), fallback="naive").sentence == (
        "The mase (lower is better) is 0.75 (95% interval 0.4 to 0.6) for SES and 0.75 for naive; the difference is 0"
        " (95% interval -0.4 to 0.1), no improvement, so naive is published instead."
    )
    assert decide(replace(MASE, low=None, high=None, difference_low=None, difference_high=None)).sentence == (
        "The mase (lower is better) is 0.5 for SES and 0.75 for naive; the difference is -0.25, an improvement, so it"
        " is published."
    )
    assert decide(replace(MASE, rival="SES", rival_value=0.5), fallback="SES").sentence == (
        "The best method by mase is the baseline SES itself, with 0.5 (95% interval 0.4 to 0.6), so SES is published."
    )
    assert decide(against_threshold("formulas", "number of customers", 200, 1_234)).sentence == (
        "For formulas, the number of customers is 1,234; at least 200 is required, so it is published."
    )
    assert decide(replace(LIFT, question="second order", low=None)).sentence == (
        "Second order: forest and recency cannot be compared by lift at 10% (not measured: low), so nothing is published."
    )


def test_of_several_questions_the_published_one_is_shown() -> None:
    failed, untested = decide(replace(LIFT, value=1.0)), unmeasured("Only 7 customers ordered.")
    assert best_of([untested, failed, decide(MASE)]) == decide(MASE)
    assert best_of([untested, failed]) == failed
    assert best_of([failed, decide(replace(LIFT, value=1.0), fallback="recency")]).status == "baseline"


def test_the_status_of_a_card_comes_only_from_the_gate() -> None:
    assert (card(decide(LIFT)).status, card(decide(LIFT)).champion) == ("published", "forest")
    assert card(decide(LIFT)).reason == f"Tested on 100 customers. {decide(LIFT).sentence}"
    refused = card(decide(replace(LIFT, value=1.0)))
    assert (refused.status, refused.champion, refused.candidate) == ("refused", None, "forest")
    replaced = card(decide(replace(LIFT, value=1.0), fallback="recency"))
    assert (replaced.status, replaced.champion, replaced.candidate) == ("baseline", "recency", "forest")
    assert card(unmeasured("The shop has 3 days of orders.")).status == "refused"
    assert card(unmeasured("The shop has 3 days of orders.", "the mean")).status == "baseline"


def test_a_card_cannot_be_created_without_the_verdict_of_a_gate() -> None:
    fields: dict[str, Any] = {"predicts": "orders", "population": "all", "as_of": None, "trained_on": "orders", "n": 1}
    with pytest.raises(TypeError, match="status"):
        Card(**fields, status="published", reason="Trust me, it works.")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"needs the verdict of a gate \(engine/contracts/gate.py\), not 'published'"):
        Card(**fields, verdict="published")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="computed from gates, not from 'Trust me'"):
        Verdict(("Trust me",))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="needs gates, or the reason"):
        decide()
    with pytest.raises(ValueError, match="missing: candidate, rival"):
        replace(LIFT, candidate=" ", rival=None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"'low'.*'difference_high'"):
        Gate(candidate="a", metric="m", direction="higher", requirement="better", value=2, rival="b", rival_value=1)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="no direction 'sideways'"):
        replace(LIFT, direction="sideways")  # type: ignore[arg-type]


def test_the_rival_of_a_threshold_gate_is_called_threshold() -> None:
    assert gate.THRESHOLD == "threshold"
