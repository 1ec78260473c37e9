"""The days in the past on which a model is trained, calibrated and tested, so that no step sees what comes after.

Here: dates only. The outcome of every step is known before the features of the next step are computed. Not here: what is known
on such a day (churn/features.py, review_risk/features.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

TRAINING_SNAPSHOTS = 3
"""Days whose customers and their outcomes are the training sample; fewer in a young shop."""


@dataclass(frozen=True)
class Cutoffs:
    train: tuple[date, ...]
    """The latest last."""
    calibrate: date
    test: date
    horizon: int

    @property
    def as_text(self) -> str:
        return " ".join(day.isoformat() for day in (*self.train, self.calibrate, self.test))

    @classmethod
    def from_text(cls, text: str, horizon: int) -> Cutoffs:
        *train, calibrate, test = map(date.fromisoformat, text.split())
        return cls(tuple(train), calibrate, test, horizon)


def cutoffs(first: date, as_of: date, horizon: int) -> Cutoffs | None:
    """The latest days that leave each step its full follow-up; None where a shop is too young for one of them.

    At least one horizon of history lies before the first of them: a shop of three weeks has no habits to learn from.
    """
    step = timedelta(days=horizon)
    test = as_of - step
    calibrate = test - step
    latest = calibrate - step
    train = [latest - i * step for i in range(TRAINING_SNAPSHOTS) if latest - i * step >= first + step]
    return Cutoffs(tuple(reversed(train)), calibrate, test, horizon) if train else None


def days_needed(horizon: int) -> int:
    """The shortest history on which a model can be trained, calibrated and tested."""
    return 4 * horizon


MIN_ORIGINS, MAX_ORIGINS = 2, 8
"""Number of days in the past on which probabilities are tested."""
_YEAR = 365


def origins(until: date, followed: int) -> list[date]:
    """Days of the year before `until`, at equal distances, each with its full follow-up by then; the latest first.

    They lie at least one follow-up apart, so that no outcome counts at two of them.
    """
    distance = max(followed, _YEAR // MAX_ORIGINS)
    number = max(_YEAR // distance, MIN_ORIGINS)
    return [until - timedelta(days=followed + i * distance) for i in range(number)]


WINDOW_DAYS, TRAINING_DAYS = 60, 365
"""Orders shipped in so many days calibrate a model, or test it; at most so many train it."""


@dataclass(frozen=True)
class Window:
    """Orders shipped after a day, up to and including another."""

    after: date
    until: date


@dataclass(frozen=True)
class Windows:
    train: Window
    calibrate: Window
    test: Window


def windows(first: date, as_of: date, followed: int) -> Windows | None:
    """The latest windows in which every order is followed up before the next step begins; None where a shop is too young."""
    test = _before(as_of, followed, WINDOW_DAYS)
    calibrate = _before(test.after, followed, WINDOW_DAYS)
    train = _before(calibrate.after, followed, TRAINING_DAYS)
    is_long = (train.until - first).days >= WINDOW_DAYS
    return Windows(Window(max(train.after, first - timedelta(days=1)), train.until), calibrate, test) if is_long else None


def window_days_needed(followed: int) -> int:
    return 3 * (followed + WINDOW_DAYS)


def _before(day: date, followed: int, length: int) -> Window:
    until = day - timedelta(days=followed)
    return Window(until - timedelta(days=length), until)
