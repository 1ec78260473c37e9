"""Customer profiles of a full shop: age, gender, subscription, segment, prior purchases, registration.

Each is a function of the person's number, so that profiles need no memory.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from ecom_lake.synth.arrays import Flags, Floats, Ints
from ecom_lake.synth.people import Visits
from ecom_lake.synth.randomness import chance, one_of
from ecom_lake.synth.text import DAY, NEVER

NOT_STATED = -1
GENDERS = ("female", "male", "unknown", "")
"""The third is for people with conflicting records, the last for people who did not state it."""
CONFLICTING = 2
SUBSCRIBER = ("false", "true", "")
SEGMENTS = ("private", "business", "staff")
HABITS = (7, 14, 30, 90, 365)
"""Stated days between two purchases."""
_GENDERS, _SUBSCRIBER, _SEGMENTS = (0.5, 0.44, 0.01, 0.05), (0.72, 0.25, 0.03), (0.8, 0.17, 0.03)
_NO_AGE, _NO_DATE, _AFTER_THE_FIRST = 0.04, 0.03, 0.02
"""Shares of people without an age, without a registration date, and with one after their first visit (an anomaly)."""
_USUAL_DELAY_DAYS, _LONGEST_ANOMALY_DAYS = 25, 60


@dataclass(frozen=True)
class Profiles:
    """The profiles of visits: one element per visit."""

    person: Ints
    age: Ints
    """In years, or NOT_STATED."""
    gender: Ints
    """Indexes into `GENDERS`, `SUBSCRIBER` and `SEGMENTS`."""
    subscriber: Ints
    segment: Ints
    prior_purchases: Ints
    habit: Ints
    registered: Ints
    """Time of registration, in seconds; NEVER if unknown."""

    def __getitem__(self, which: Flags) -> Profiles:
        return Profiles(*(getattr(self, field.name)[which] for field in fields(self)))

    def texts(self, of: str) -> pl.Series:
        """The values in the export; an empty text if unknown."""
        if of == "age":
            return pl.Series([str(age) if age != NOT_STATED else "" for age in self.age.tolist()], dtype=pl.String)
        return pl.Series({"gender": GENDERS, "is_subscriber": SUBSCRIBER, "source_segment": SEGMENTS}[of]).gather(
            {"gender": self.gender, "is_subscriber": self.subscriber, "source_segment": self.segment}[of]
        )


def profiles_of(seed: int, visits: Visits) -> Profiles:
    def draw(what: str) -> Floats:
        return chance(seed, f"person's {what}", visits.person)

    age = 18 + (draw("age") * 40 + draw("age, second half") * 25).astype(np.int64)
    return Profiles(
        person=visits.person,
        age=np.where(draw("age is known") < _NO_AGE, NOT_STATED, age),
        gender=one_of(draw("gender"), _GENDERS),
        subscriber=one_of(draw("subscription"), _SUBSCRIBER),
        segment=one_of(draw("segment"), _SEGMENTS),
        prior_purchases=(draw("prior purchases") ** 4 * 6).astype(np.int64),
        habit=np.array(HABITS)[(draw("habit") * len(HABITS)).astype(np.int64)],
        registered=_registered(draw("registration"), draw("days to the first visit"), visits.met),
    )


def _registered(kind: Floats, share: Floats, met: Ints) -> Ints:
    """Some days before the first visit; for a few people, after it."""
    before = met - (-np.log1p(-share) * _USUAL_DELAY_DAYS * DAY).astype(np.int64)
    after = met + (1 + (share * _LONGEST_ANOMALY_DAYS).astype(np.int64)) * DAY
    unknown: Flags = kind < _NO_DATE
    return np.where(unknown, NEVER, np.where(kind < _NO_DATE + _AFTER_THE_FIRST, after, before))
