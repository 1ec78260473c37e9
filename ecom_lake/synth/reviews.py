"""Reviews: they follow the delivery, a late delivery lowers the score, and texts contain commas, quotes and line breaks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ecom_lake.synth.arrays import Floats, Ints
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.orders import DELIVERED, Orders
from ecom_lake.synth.phrases import MESSAGES, TITLES
from ecom_lake.synth.randomness import ids
from ecom_lake.synth.text import DAY, timestamps, whole

_COUNTS = {0: 0.008, 1: 0.987, 2: 0.005}
_ONE_FOR_BOTH = 0.5
"""Share of the split orders that share the review of the original order."""
_WITH_MESSAGE, _WITH_TITLE = 0.41, 0.12

ON_TIME = np.array([0.065, 0.03, 0.08, 0.205, 0.62])
"""Distribution of the scores 1 to 5 after an on-time delivery."""
_DISAPPOINTED = np.array([0.8, 0.2, 0, 0, 0])
_NOT_DELIVERED = np.array([0.7, 0.08, 0.08, 0.05, 0.09])
_SCORES = np.arange(1, 6)


@dataclass(frozen=True)
class Reviews:
    order: Ints
    """Position of the order in its slice."""
    number: Ints
    """Number of the review; a review of two orders has two rows."""
    score: Ints
    title: Ints
    message: Ints
    """Index of the phrase, -1 for none."""
    created: Ints
    answered: Ints


def after_late(options: SynthOptions) -> Floats:
    """Distribution of the scores after a late delivery: a mix of the usual and the disappointed distribution."""
    usual, worst = float(ON_TIME @ _SCORES), float(_DISAPPOINTED @ _SCORES)
    disappointed = options.late_score_drop / (usual - worst)
    return (1 - disappointed) * ON_TIME + disappointed * _DISAPPOINTED


def make_reviews(rng: np.random.Generator, orders: Orders, options: SynthOptions) -> Reviews:
    n = len(orders)
    count = rng.choice(list(_COUNTS), size=n, p=list(_COUNTS.values()))
    order = np.repeat(np.arange(n), count)
    again = np.append(False, order[1:] == order[:-1])[: len(order)]
    subject = _subjects(rng, orders)[order]
    score = _scores(rng, orders, options)[subject]
    score = np.where(again, np.clip(score + rng.integers(-1, 2, len(order)), 1, 5), score)
    usual = np.where(orders.status == DELIVERED, orders.delivered, orders.promised)
    created = (usual // DAY + 1 + rng.integers(0, 2, n)) * DAY
    answered = created + rng.lognormal(np.log(1.7 * DAY), 0.8, n).astype(np.int64)
    later = np.where(again, rng.integers(2, 20, len(order)) * DAY, 0)
    mood = np.digitize(score, [3, 4])
    phrase = _phrases(rng, n)
    return Reviews(
        order=order,
        number=orders.number[subject] * 2 + again,
        score=score,
        title=np.where(phrase[0][subject] < 0, -1, mood * len(TITLES[0]) + phrase[0][subject]),
        message=np.where(phrase[1][subject] < 0, -1, mood * len(MESSAGES[0]) + phrase[1][subject]),
        created=created[subject] + later,
        answered=answered[subject] + later,
    )


def _subjects(rng: np.random.Generator, orders: Orders) -> Ints:
    """For each order, the order of its review: itself, or the order that it was split off."""
    return np.where(rng.random(len(orders)) < _ONE_FOR_BOTH, orders.visit, np.arange(len(orders)))


def _scores(rng: np.random.Generator, orders: Orders, options: SynthOptions) -> Ints:
    shares = np.stack([ON_TIME, after_late(options), _NOT_DELIVERED])
    how = np.where(orders.is_late, 1, np.where(orders.status == DELIVERED, 0, 2))
    reach = np.cumsum(shares, axis=1)[how]
    steps: Ints = (rng.random(len(orders))[:, None] >= reach[:, :4]).sum(axis=1)
    return 1 + steps


def _phrases(rng: np.random.Generator, n: int) -> tuple[Ints, Ints]:
    title = np.where(rng.random(n) < _WITH_TITLE, rng.integers(0, len(TITLES[0]), n), -1)
    message = np.where(rng.random(n) < _WITH_MESSAGE, rng.integers(0, len(MESSAGES[0]), n), -1)
    return title, message


def review_rows(orders: Orders, reviews: Reviews) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "review_id": ids(orders.seed, "review", reviews.number),
            "order_id": orders.ids.gather(reviews.order),
            "review_score": whole(reviews.score),
            "review_comment_title": _texts(TITLES, reviews.title),
            "review_comment_message": _texts(MESSAGES, reviews.message),
            "review_creation_date": timestamps(reviews.created),
            "review_answer_timestamp": timestamps(reviews.answered),
        }
    )


def _texts(pool: tuple[tuple[str, ...], ...], numbers: Ints) -> pl.Series:
    """The phrases by index; an empty text for -1."""
    phrases = [phrase for mood in pool for phrase in mood] + [""]
    return pl.Series(phrases).gather(np.where(numbers < 0, len(phrases) - 1, numbers))
