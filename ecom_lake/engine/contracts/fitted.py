"""What every model says of itself: a card with its verdict, its rivals, its curves, its parameters, and what has drifted.

Here: the words in which models speak, and how they become the rows of a `…_fit` table and are read again by the next run.
A fit is kept from run to run, so that labels stay put: it is made anew when it is asked for, when the model's version or the
settings change, or when it has grown too old. Not here: any model; the shape of the rows (engine/contracts/model_fit.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, Protocol

import polars as pl

from ecom_lake.engine.contracts.gate import Status, Verdict
from ecom_lake.engine.contracts.model_fit import CARD, CURVE, DIGITS, DRIFT, PARAMETER, RIVAL, SEEN, ModelFit

_MADE = "fitted as"


class FitSettings(Protocol):
    """The settings that models get: a dataclass whose repr shows every setting."""

    @property
    def refit_days(self) -> int:
        """A fitted model is kept while the shop's today is less than this many days later."""


@dataclass(frozen=True)
class Card:
    predicts: str
    """What, in plain words: "an order within 90 days"."""
    population: str
    """For whom."""
    as_of: date | None
    trained_on: str
    """Which data, in words with dates."""
    n: int
    """How many people, orders or months it was trained on."""
    verdict: Verdict
    """What the gate decides; status, figures and the last sentence of the reason are computed from it."""
    details: str = ""
    """The first sentences of the reason, for a manager."""
    fitted_as_of: date | None = None
    """The as-of date when it was fitted; earlier than as_of where the fit was kept."""

    def __post_init__(self) -> None:
        if not isinstance(self.verdict, Verdict):
            raise TypeError(f"A card needs the verdict of a gate (engine/contracts/gate.py), not {self.verdict!r}.")

    @property
    def status(self) -> Status:
        return self.verdict.status

    @property
    def reason(self) -> str:
        """What a manager reads first, then the figures that decided; where nothing could be measured, that comes first."""
        decided = bool(self.verdict.gates)
        sentences = (self.details, self.verdict.sentence) if decided else (self.verdict.sentence, self.details)
        return " ".join(filter(None, sentences))

    @property
    def champion(self) -> str | None:
        """The method that is published."""
        return self.candidate if self.verdict.is_published else self.verdict.fallback

    @property
    def candidate(self) -> str | None:
        gate = self.verdict.shown
        return gate.named(gate.candidate) if gate else None

    @property
    def lines(self) -> dict[str, str | float | date | None]:
        """Every line of the card by its name, which is that of its column in model_cards."""
        gate = self.verdict.shown
        return {
            **{line.name: getattr(self, line.name) for line in fields(self) if line.name not in ("verdict", "details")},
            **{name: getattr(self, name) for name in ("status", "reason", "champion", "candidate")},
            **{name: getattr(gate, name, None) for name in _GATE_LINES},
            "baseline": gate.named(gate.rival) if gate else None,
            "baseline_value": gate.rival_value if gate else None,
        }


_GATE_LINES = ("metric", "direction", "requirement", "margin", "value", "low", "high", "difference_low", "difference_high")


@dataclass(frozen=True)
class Rival:
    """How one candidate did by one measure, out of time."""

    name: str
    metric: str
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Point:
    x: float
    value: float | None
    low: float | None = None
    high: float | None = None
    label: str | None = None
    """What stands at x, where it is no number: a date, a segment."""


@dataclass(frozen=True)
class Curve:
    """A line of a picture; lines with one name share a picture."""

    name: str
    series: str
    points: Sequence[Point]


@dataclass(frozen=True)
class Fitted:
    """What a model made: its tables, and what it says of itself."""

    tables: Mapping[str, pl.DataFrame]
    card: Card
    rivals: Sequence[Rival] = ()
    curves: Sequence[Curve] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)
    """Numbers that are the model; the next run gets them back."""
    seen: Mapping[str, float] = field(default_factory=dict)
    """What the data and the scores were like: means of features, shares, deciles of scores."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Words that are part of the model, for the next run: a choice that was made, names of segments."""


@dataclass(frozen=True)
class Past:
    """The last fit, if there was one."""

    rows: pl.DataFrame | None = None

    @property
    def parameters(self) -> dict[str, float]:
        return self._numbers(PARAMETER)

    @property
    def seen(self) -> dict[str, float]:
        return self._numbers(SEEN)

    @property
    def notes(self) -> dict[str, str]:
        return {row["name"]: row["said"] for row in self._of(PARAMETER) if row["said"] is not None}

    @property
    def fitted_as_of(self) -> date | None:
        return self._day("fitted_as_of")

    def serves(self, version: int, settings: FitSettings, as_of: date | None) -> bool:
        """Whether its parameters are used again: same version and settings, and not too old."""
        before = self.fitted_as_of
        if self.notes.get(_MADE) != _made(version, settings):
            return False
        return before == as_of or bool(before and as_of and 0 <= (as_of - before).days < settings.refit_days)

    def before(self, kind: str, as_of: date | None) -> dict[str, float]:
        """What drift is measured from: this fit, or of the same day's data made again, what it was measured from itself."""
        if self._day("as_of") == as_of:
            return {row["name"]: row["x"] for row in self._of(DRIFT) if row["series"] == kind}
        return self._numbers(kind)

    def _day(self, name: str) -> date | None:
        said = next((row["said"] for row in self._of(CARD) if row["name"] == name), None)
        return date.fromisoformat(said) if said else None

    def _numbers(self, kind: str) -> dict[str, float]:
        return {row["name"]: row["value"] for row in self._of(kind) if row["value"] is not None}

    def _of(self, kind: str) -> list[dict[str, Any]]:
        return [] if self.rows is None else self.rows.filter(pl.col("kind") == kind).to_dicts()


def fit_rows(fitted: Fitted, past: Past, version: int, settings: FitSettings) -> pl.DataFrame:
    """The rows of the model's `…_fit` table."""
    made = _row(PARAMETER, _MADE, said=_made(version, settings))
    rows = [*_card(fitted.card), *_told(fitted), made, *_seen(fitted, past), *_drift(fitted, past)]
    return pl.DataFrame(rows, ModelFit.table.schema).with_columns(pl.col(pl.Float64).round(DIGITS))


def _made(version: int, settings: FitSettings) -> str:
    return f"{version}-{hashlib.blake2b(repr(settings).encode(), digest_size=6).hexdigest()}"


def _card(card: Card) -> Iterator[dict[str, Any]]:
    for name, value in card.lines.items():
        if isinstance(value, int | float):
            yield _row(CARD, name, value=float(value))
        elif value is not None:
            yield _row(CARD, name, said=value.isoformat() if isinstance(value, date) else value)


def _told(fitted: Fitted) -> Iterator[dict[str, Any]]:
    for rival in fitted.rivals:
        yield _row(RIVAL, rival.metric, rival.name, value=rival.value, low=rival.low, high=rival.high)
    for curve in fitted.curves:
        for i, p in enumerate(curve.points):
            yield _row(CURVE, curve.name, curve.series, i, p.x, p.value, p.low, p.high, p.label)
    yield from (_row(PARAMETER, name, value=value) for name, value in fitted.parameters.items())
    yield from (_row(PARAMETER, name, said=said) for name, said in fitted.notes.items())


def _seen(fitted: Fitted, past: Past) -> Iterator[dict[str, Any]]:
    """As it was when the model was fitted: a slow drift adds up."""
    is_kept = fitted.card.fitted_as_of not in (None, fitted.card.as_of)
    return (_row(SEEN, name, value=value) for name, value in (past.seen if is_kept else fitted.seen).items())


def _drift(fitted: Fitted, past: Past) -> Iterator[dict[str, Any]]:
    """What the last fit knew too: what it was then, and what it is now."""
    for series, now in ((PARAMETER, fitted.parameters), (SEEN, fitted.seen)):
        before = past.before(series, fitted.card.as_of)
        yield from (_row(DRIFT, name, series, x=before[name], value=value) for name, value in now.items() if name in before)


def _row(
    kind: str,
    name: str,
    series: str = "",
    position: int = 0,
    x: float | None = None,
    value: float | None = None,
    low: float | None = None,
    high: float | None = None,
    said: str | None = None,
) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": name,
        "series": series,
        "position": position,
        "x": x,
        "value": value,
        "low": low,
        "high": high,
        "said": said,
    }
