"""The gate that decides whether a model is published: computed from measurements, never stated by the model.

Here: a gate (the metric of a candidate compared with its rival's, or with a threshold), the verdict of one or more gates, and
the sentence that reports it. Not here: the measurements; the rule that repeats the computation on the table (model_fit.py).
docs/decisions/0023-computed-gates.md gives the reasons.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from ecom_lake.engine.contracts.model_fit import BASELINE, DIGITS, PUBLISHED, REFUSED

Status = Literal["published", "baseline", "refused"]
Direction = Literal["higher", "lower"]
Requirement = Literal["better", "certainly better", "no worse", "not certainly worse"]
"""better: the value is ahead of the rival's by more than the margin; it may have no intervals. certainly better: so is
the whole interval of the difference. no worse: the value is at least the rival's plus the margin; a tie passes. not certainly
worse: the better end of the interval of the difference reaches the margin."""

THRESHOLD = "threshold"
"""The rival's name where there is no rival, only a threshold."""

_REQUIRED: dict[Requirement, tuple[str, str]] = {
    "better": ("an improvement", "no improvement"),
    "certainly better": ("a significant improvement", "not a significant improvement"),
    "no worse": ("no worse", "worse"),
    "not certainly worse": ("not significantly worse", "significantly worse"),
}


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One condition. A number that is None, NaN or infinite counts as not measured, and then the gate does not pass."""

    candidate: str
    metric: str
    direction: Direction
    """Whether a higher or a lower value is better."""
    requirement: Requirement
    value: float | None
    low: float | None
    high: float | None
    rival: str
    rival_value: float | None
    difference_low: float | None
    difference_high: float | None
    """95% interval of the difference, candidate minus rival."""
    margin: float = 0.0
    """The lead that the candidate must exceed."""
    question: str = ""
    """The question, where a model answers several: "second order"."""

    def __post_init__(self) -> None:
        if lacking := [name for name in ("candidate", "metric", "rival") if not str(getattr(self, name) or "").strip()]:
            raise ValueError(f"A gate needs a candidate, a metric and a rival or a threshold; missing: {', '.join(lacking)}.")
        if self.direction not in ("higher", "lower") or self.requirement not in _REQUIRED:
            raise ValueError(f"A gate has no direction {self.direction!r} with the requirement {self.requirement!r}.")
        for name in _NUMBERS:
            object.__setattr__(self, name, _measured(getattr(self, name)))

    @property
    def lacks(self) -> list[str]:
        """The numbers that were not measured; an interval whose lower bound exceeds its upper bound counts as not measured. What
        has only to be better may have no interval."""
        lacking = [name for name in _NUMBERS if getattr(self, name) is None]
        for low, high in (("low", "high"), ("difference_low", "difference_high")):
            if self.requirement == "better" and low in lacking and high in lacking:
                lacking = [name for name in lacking if name not in (low, high)]
            elif low not in lacking and high not in lacking and getattr(self, low) > getattr(self, high):
                lacking += [low, high]
        return lacking

    @property
    def passes(self) -> bool:
        if self.lacks:
            return False
        assert self.value is not None and self.rival_value is not None
        sign = 1 if self.direction == "higher" else -1
        value, to_reach = sign * self.value, sign * self.rival_value + self.margin
        if self.requirement == "better":
            return value > to_reach
        assert self.difference_low is not None and self.difference_high is not None
        worst, best = sorted((sign * self.difference_low, sign * self.difference_high))
        if self.requirement == "certainly better":
            return value > to_reach and worst > self.margin
        if self.requirement == "no worse":
            return value >= to_reach
        return best >= self.margin

    @property
    def finding(self) -> str:
        """A sentence with the numbers of the gate, without a full stop."""
        about = f"{self.question[0].upper()}{self.question[1:]}: " if self.question else ""
        if self.lacks:
            why = f"not measured: {', '.join(self.lacks)}"
            return f"{about}{self.candidate} and {self.rival} cannot be compared by {self.metric} ({why})"
        reached = _value_with(self.value, self.low, self.high)
        if self.rival == THRESHOLD:
            return f"{about}for {self.candidate}, the {self.metric} is {reached}; {self._required_of_threshold} is required"
        if self.rival == self.candidate:
            return f"{about}the best method by {self.metric} is the baseline {self.rival} itself, with {reached}"
        assert self.value is not None and self.rival_value is not None
        lead = _value_with(self.value - self.rival_value, self.difference_low, self.difference_high)
        words = _REQUIRED[self.requirement][0 if self.passes else 1]
        by = f" (a lead of more than {_number(self.margin)} is required)" if self.margin else ""
        return (
            f"{about}the {self.metric} ({self.direction} is better) is {reached} for {self.candidate}"
            f" and {_number(self.rival_value)} for {self.rival}; the difference is {lead}, {words}{by}"
        )

    @property
    def _required_of_threshold(self) -> str:
        number = _number(self.rival_value)
        if self.requirement == "no worse":
            return f"{'at least' if self.direction == 'higher' else 'at most'} {number}"
        side = "above" if self.direction == "higher" else "below"
        return f"{'a whole interval ' if self.requirement == 'certainly better' else ''}{side} {number}"

    def named(self, name: str) -> str:
        """The name as it is written in the model's rivals: with the question, where there are several."""
        return f"{self.question}: {name}" if self.question and name != THRESHOLD else name


_NUMBERS = ("value", "low", "high", "rival_value", "difference_low", "difference_high")


def against_threshold(
    candidate: str,
    metric: str,
    threshold: float,
    value: float | None,
    interval: tuple[float | None, float | None] | None = None,
    *,
    direction: Direction = "higher",
    requirement: Requirement = "no worse",
    question: str = "",
) -> Gate:
    """A gate without a rival. Without an interval the value is exact: a count, or computed from the whole population."""
    low, high = (value, value) if interval is None else interval
    return Gate(
        candidate=candidate,
        metric=metric,
        direction=direction,
        requirement=requirement,
        value=value,
        low=low,
        high=high,
        rival=THRESHOLD,
        rival_value=threshold,
        difference_low=None if low is None else low - threshold,
        difference_high=None if high is None else high - threshold,
        question=question,
    )


@dataclass(frozen=True)
class Verdict:
    """The decision of the gates: all of them must pass. Made by `decide` or `unmeasured`."""

    gates: tuple[Gate, ...]
    fallback: str | None = None
    """The method that is published where a gate fails; None where nothing is published."""
    why: str = ""
    """The reason where nothing could be measured. Such a verdict publishes no candidate."""

    def __post_init__(self) -> None:
        if others := [gate for gate in self.gates if not isinstance(gate, Gate)]:
            raise TypeError(f"A verdict is computed from gates, not from {others[0]!r}.")
        if bool(self.gates) == bool(self.why):
            raise ValueError("A verdict needs gates, or the reason why nothing could be measured.")

    @property
    def is_published(self) -> bool:
        return bool(self.gates) and all(gate.passes for gate in self.gates)

    @property
    def status(self) -> Status:
        if self.is_published:
            return PUBLISHED
        return REFUSED if self.fallback is None else BASELINE

    @property
    def shown(self) -> Gate | None:
        """The gate that decided: the first that failed, or where all passed, the first."""
        return next((gate for gate in self.gates if not gate.passes), next(iter(self.gates), None))

    @property
    def sentence(self) -> str:
        if self.shown is None:
            return self.why
        finding = f"{self.shown.finding[0].upper()}{self.shown.finding[1:]}"
        if self.is_published:
            return f"{finding}, so it is published."
        if self.fallback is None:
            return f"{finding}, so nothing is published."
        return f"{finding}, so {self.fallback} is published{'' if self.fallback == self.shown.candidate else ' instead'}."


def decide(*gates: Gate, fallback: str | None = None) -> Verdict:
    return Verdict(gates, fallback)


def unmeasured(why: str, fallback: str | None = None) -> Verdict:
    """The verdict where there are too few data to measure; it never publishes a candidate."""
    return Verdict((), fallback, why)


def best_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Of several questions: the first that is published, else the first with a baseline, else the first that was measured."""
    order = {PUBLISHED: 0, BASELINE: 1, REFUSED: 2}
    return min(verdicts, key=lambda verdict: (order[verdict.status], not verdict.gates))


def _measured(value: float | None) -> float | None:
    """The value, rounded like the table, so that the gate and the rule of the table compare the same numbers."""
    return None if value is None or not isfinite(value) else round(float(value), DIGITS)


def _value_with(value: float | None, low: float | None, high: float | None) -> str:
    """Without its interval where it is exact, or has none."""
    is_alone = low is None or high is None or low == value == high
    return _number(value) if is_alone else f"{_number(value)} (95% interval {_number(low)} to {_number(high)})"


def _number(value: float | None) -> str:
    assert value is not None
    return f"{value:,.0f}" if abs(value) >= 1_000 or float(value).is_integer() else f"{value:.3g}"
