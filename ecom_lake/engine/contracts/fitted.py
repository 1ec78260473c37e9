"""The result of a model: its tables, a card with the verdict, rivals, curves, parameters, and drift.

Here: these types, and how they are written as the rows of a `…_fit` table and read by the next run. A fit is reused from run to
run, so that labels stay stable; a new one is made when it is requested, when the model's version or the settings change, or when
the fit is too old. Not here: any model; the columns of the table (model_fit.py).
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
    """The settings that models get: a model of pydantic, whose repr shows every setting (settings_model.py)."""

    @property
    def refit_days(self) -> int:
        """A fitted model is reused while the as-of date is less than this many days later."""


@dataclass(frozen=True)
class Card:
    predicts: str
    """The predicted quantity: "an order within 90 days"."""
    population: str
    """The customers or orders that it is predicted for."""
    as_of: date | None
    trained_on: str
    """The training data, with dates."""
    n: int
    """The number of customers, orders or months that it was trained on."""
    verdict: Verdict
    """The decision of the gates; status, numbers and the last sentence of the reason are computed from it."""
    details: str = ""
    """The first sentences of the reason, for a manager."""
    fitted_as_of: date | None = None
    """The as-of date of the fit; earlier than as_of where the fit was reused."""

    def __post_init__(self) -> None:
        if not isinstance(self.verdict, Verdict):
            raise TypeError(f"A card needs the verdict of a gate (engine/contracts/gate.py), not {self.verdict!r}.")

    @property
    def status(self) -> Status:
        return self.verdict.status

    @property
    def reason(self) -> str:
        """The details, then the numbers that decided; where nothing could be measured, the reason for that comes first."""
        is_measured = bool(self.verdict.gates)
        sentences = (self.details, self.verdict.sentence) if is_measured else (self.verdict.sentence, self.details)
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
        """The lines of the card, by the names of their columns in model_cards."""
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
    """The result of one candidate by one metric, out of time."""

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
    """The label of x, where it is not a number: a date, a segment."""


@dataclass(frozen=True)
class Curve:
    """A line of a chart; lines with the same name share a chart."""

    name: str
    series: str
    points: Sequence[Point]


@dataclass(frozen=True)
class Fitted:
    """The result of a model run."""

    tables: Mapping[str, pl.DataFrame]
    card: Card
    rivals: Sequence[Rival] = ()
    curves: Sequence[Curve] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)
    """The parameters of the model; the next run can read them."""
    seen: Mapping[str, float] = field(default_factory=dict)
    """Statistics of the data and the scores, which are watched for drift: means of features, shares, deciles."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Texts that are part of the model, for the next run: choices, names of segments."""


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
        """Whether its parameters are reused: same version and settings, and not too old."""
        before = self.fitted_as_of
        if self.notes.get(_MADE) != _made(version, settings):
            return False
        return before == as_of or bool(before and as_of and 0 <= (as_of - before).days < settings.refit_days)

    def before(self, kind: str, as_of: date | None) -> dict[str, float]:
        """The numbers that drift is measured from: those of this fit, or where it has the same as-of date, those before it."""
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
    rows = [*_card(fitted.card), *_results(fitted), made, *_seen(fitted, past), *_drift(fitted, past)]
    return pl.DataFrame(rows, ModelFit.table.schema).with_columns(pl.col(pl.Float64).round(DIGITS))


def _made(version: int, settings: FitSettings) -> str:
    return f"{version}-{hashlib.blake2b(repr(settings).encode(), digest_size=6).hexdigest()}"


def _card(card: Card) -> Iterator[dict[str, Any]]:
    for name, value in card.lines.items():
        if isinstance(value, int | float):
            yield _row(CARD, name, value=float(value))
        elif value is not None:
            yield _row(CARD, name, said=value.isoformat() if isinstance(value, date) else value)


def _results(fitted: Fitted) -> Iterator[dict[str, Any]]:
    for rival in fitted.rivals:
        yield _row(RIVAL, rival.metric, rival.name, value=rival.value, low=rival.low, high=rival.high)
    for curve in fitted.curves:
        for i, p in enumerate(curve.points):
            yield _row(CURVE, curve.name, curve.series, i, p.x, p.value, p.low, p.high, p.label)
    yield from (_row(PARAMETER, name, value=value) for name, value in fitted.parameters.items())
    yield from (_row(PARAMETER, name, said=said) for name, said in fitted.notes.items())


def _seen(fitted: Fitted, past: Past) -> Iterator[dict[str, Any]]:
    """The statistics when the model was fitted, so that slow drift adds up."""
    is_kept = fitted.card.fitted_as_of not in (None, fitted.card.as_of)
    return (_row(SEEN, name, value=value) for name, value in (past.seen if is_kept else fitted.seen).items())


def _drift(fitted: Fitted, past: Past) -> Iterator[dict[str, Any]]:
    """The numbers that the last fit has too: then and now."""
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
