"""At which days in the past is a model taught, corrected and tested, so that none of them knows what comes after?

Here: dates, and nothing but dates. Every label window ends before the features of the next step are looked at. Not here: what is
known on such a day (churn_features.py), and of orders that are on their way (review_features.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

TRAINED_ON = 3
"""Days on which people are looked at and what they did next is learnt; fewer in a young shop."""


@dataclass(frozen=True)
class Cutoffs:
    train: tuple[date, ...]
    """The latest last."""
    calibrate: date
    test: date
    horizon: int

    @property
    def words(self) -> str:
        return " ".join(day.isoformat() for day in (*self.train, self.calibrate, self.test))

    @classmethod
    def read(cls, words: str, horizon: int) -> Cutoffs:
        *train, calibrate, test = map(date.fromisoformat, words.split())
        return cls(tuple(train), calibrate, test, horizon)


def cutoffs(first: date, as_of: date, horizon: int) -> Cutoffs | None:
    """The latest days that leave each step its full follow-up; none where a shop is too young for one of them.

    Before the first of them lies at least one horizon of history: a shop of three weeks has no habits to learn from.
    """
    step = timedelta(days=horizon)
    test = as_of - step
    calibrate = test - step
    latest = calibrate - step
    train = [latest - i * step for i in range(TRAINED_ON) if latest - i * step >= first + step]
    return Cutoffs(tuple(reversed(train)), calibrate, test, horizon) if train else None


def days_needed(horizon: int) -> int:
    """The shortest history that can be taught from and tested."""
    return 4 * horizon


LEAST_ORIGINS, MOST_ORIGINS = 2, 8
"""Days of the past on which probabilities are tested."""
_YEAR = 365


def origins(until: date, followed: int) -> list[date]:
    """Days of the year before, at equal distances, each with its full follow-up by `until`; the latest first.

    They lie at least one follow-up apart, so that no outcome is counted at two of them.
    """
    apart = max(followed, _YEAR // MOST_ORIGINS)
    number = max(_YEAR // apart, LEAST_ORIGINS)
    return [until - timedelta(days=followed + i * apart) for i in range(number)]


WINDOW_DAYS, TAUGHT_DAYS = 60, 365
"""Orders shipped in so many days correct a model, or test it; at most so many teach it."""


@dataclass(frozen=True)
class Window:
    """Orders shipped after a day, and up to another."""

    after: date
    until: date


@dataclass(frozen=True)
class Windows:
    train: Window
    calibrate: Window
    test: Window


def windows(first: date, as_of: date, followed: int) -> Windows | None:
    """The latest that let every order be followed up before the next step begins; none where a shop is too young."""
    test = _before(as_of, followed, WINDOW_DAYS)
    calibrate = _before(test.after, followed, WINDOW_DAYS)
    train = _before(calibrate.after, followed, TAUGHT_DAYS)
    is_long = (train.until - first).days >= WINDOW_DAYS
    return Windows(Window(max(train.after, first - timedelta(days=1)), train.until), calibrate, test) if is_long else None


def window_days_needed(followed: int) -> int:
    return 3 * (followed + WINDOW_DAYS)


def _before(day: date, followed: int, length: int) -> Window:
    until = day - timedelta(days=followed)
    return Window(until - timedelta(days=length), until)
