"""Whether a model is published: computed from what was measured, never stated by the model.

Here: a gate (the metric of a candidate against that of its rival, or against a stated threshold), the verdict of one or more
gates, and the sentence that reports it. Not here: any measurement; the rule that repeats the computation on the table
(engine/contracts/model_fit.py). docs/decisions/0023-computed-gates.md gives the reasons.
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
"""better: the value beats the rival's by more than the margin. certainly better: so does the whole interval of the difference.
no worse: the value reaches the rival's, a tie passes. not certainly worse: the interval of the difference reaches it."""

THRESHOLD = "threshold"
"""The rival's name where there is no rival, only a number that must be reached."""

_REQUIRED: dict[Requirement, tuple[str, str]] = {
    "better": ("which is better", "which is not better"),
    "certainly better": ("which is better with its whole interval", "which chance can explain"),
    "no worse": ("which is no worse", "which is worse"),
    "not certainly worse": ("which is not certainly worse", "which is certainly worse"),
}


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One condition. A number that is None, NaN or infinite was not measured, and then the gate does not pass."""

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
    """95% interval of the candidate's value less the rival's."""
    margin: float = 0.0
    """By how much the candidate must be ahead."""
    question: str = ""
    """Which of a model's several questions, where it has several: "second order"."""

    def __post_init__(self) -> None:
        if lacking := [name for name in ("candidate", "metric", "rival") if not str(getattr(self, name) or "").strip()]:
            raise ValueError(f"A gate needs a candidate, a metric and a rival or a threshold; it lacks: {', '.join(lacking)}.")
        if self.direction not in ("higher", "lower") or self.requirement not in _REQUIRED:
            raise ValueError(f"A gate has no direction {self.direction!r} with the requirement {self.requirement!r}.")
        for name in _NUMBERS:
            object.__setattr__(self, name, _measured(getattr(self, name)))

    @property
    def lacks(self) -> list[str]:
        """What was not measured; an interval that ends before it starts was not either."""
        lacking = [name for name in _NUMBERS if getattr(self, name) is None]
        for low, high in (("low", "high"), ("difference_low", "difference_high")):
            if low not in lacking and high not in lacking and getattr(self, low) > getattr(self, high):
                lacking += [low, high]
        return lacking

    @property
    def passes(self) -> bool:
        if self.lacks:
            return False
        assert self.value is not None and self.rival_value is not None
        assert self.difference_low is not None and self.difference_high is not None
        sign = 1 if self.direction == "higher" else -1
        value, to_reach = sign * self.value, sign * self.rival_value + self.margin
        worst, best = sorted((sign * self.difference_low, sign * self.difference_high))
        if self.requirement == "better":
            return value > to_reach
        if self.requirement == "certainly better":
            return value > to_reach and worst > self.margin
        if self.requirement == "no worse":
            return value >= to_reach
        return best >= self.margin

    @property
    def finding(self) -> str:
        """The gate in words with its numbers, without a full stop."""
        about = f"{self.question[0].upper()}{self.question[1:]}: " if self.question else ""
        if self.lacks:
            why = f"not measured: {', '.join(self.lacks)}"
            return f"{about}{self.candidate} and {self.rival} cannot be compared by {self.metric} ({why})"
        reached = _value_with(self.value, self.low, self.high)
        if self.rival == THRESHOLD:
            return f"{about}for {self.candidate}, the {self.metric} is {reached}; {self._required_of_threshold} is required"
        if self.rival == self.candidate:
            return f"{about}measured by {self.metric}, the chosen method is {self.rival} itself, which reaches {reached}"
        assert self.value is not None and self.rival_value is not None
        lead = _value_with(self.value - self.rival_value, self.difference_low, self.difference_high)
        words = _REQUIRED[self.requirement][0 if self.passes else 1]
        by = f" (required: by more than {_number(self.margin)})" if self.margin else ""
        return (
            f"{about}measured by {self.metric} ({self.direction} is better), {self.candidate} reaches {reached}"
            f" and {self.rival} {_number(self.rival_value)}; the difference is {lead}, {words}{by}"
        )

    @property
    def _required_of_threshold(self) -> str:
        number = _number(self.rival_value)
        if self.requirement == "no worse":
            return f"{'at least' if self.direction == 'higher' else 'at most'} {number}"
        side = "above" if self.direction == "higher" else "below"
        return f"{'a whole interval ' if self.requirement == 'certainly better' else ''}{side} {number}"

    def named(self, name: str) -> str:
        """A name as the rivals of the model have it: with its question, where there are several."""
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
    """A gate without a rival. Without an interval the value is exact: counted, or computed from everybody there is."""
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
    """What the gates decide: all must pass. `decide` and `unmeasured` make one."""

    gates: tuple[Gate, ...]
    fallback: str | None = None
    """What is published where a gate fails; None where nothing is."""
    why: str = ""
    """Where nothing could be measured: why. Such a verdict publishes no candidate."""

    def __post_init__(self) -> None:
        if strangers := [gate for gate in self.gates if not isinstance(gate, Gate)]:
            raise TypeError(f"A verdict is computed from gates, not from {strangers[0]!r}.")
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
    """Of a shop that has too little to measure by; it never publishes a candidate."""
    return Verdict((), fallback, why)


def best_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Of several questions the first that is published, or else has a baseline, or else was measured at all."""
    order = {PUBLISHED: 0, BASELINE: 1, REFUSED: 2}
    return min(verdicts, key=lambda verdict: (order[verdict.status], not verdict.gates))


def _measured(value: float | None) -> float | None:
    """Rounded as the table rounds it, so that the gate and the table's rule compare the same numbers."""
    return None if value is None or not isfinite(value) else round(float(value), DIGITS)


def _value_with(value: float | None, low: float | None, high: float | None) -> str:
    return _number(value) if low == value == high else f"{_number(value)} (95% interval {_number(low)} to {_number(high)})"


def _number(value: float | None) -> str:
    assert value is not None
    return f"{value:,.0f}" if abs(value) >= 1_000 or float(value).is_integer() else f"{value:.4g}"
