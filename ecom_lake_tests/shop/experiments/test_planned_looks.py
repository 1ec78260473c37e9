"""The planned looks: their sizes, the participants that are at one, and the error rate of whoever looks again and again."""

from __future__ import annotations

import numpy as np
import pytest

from ecom_lake.shop.experiments.planned_looks import look_at, look_sizes, looks_reached
from ecom_lake.statistics.sequential_tests import bounds


def test_looks_are_evenly_spaced_up_to_n() -> None:
    assert look_sizes(1_000, 5) == (200, 400, 600, 800, 1_000)
    assert look_sizes(10, 3) == (4, 7, 10)
    assert look_sizes(7, 1) == (7,)


@pytest.mark.parametrize(
    ("people", "look"),
    [(189, None), (190, 1), (210, 1), (211, None), (300, None), (380, 2), (949, None), (950, 5), (1_050, 5), (1_051, None)],
)
def test_a_look_is_at_its_size_give_or_take_5_percent(people: int, look: int | None) -> None:
    assert look_at((200, 400, 600, 800, 1_000), people) == look


def test_between_many_looks_there_are_numbers_at_none() -> None:
    """Looks at 20, 40, … 1,000: 5% of 1,000 would reach beyond the two looks before; a quarter of the way is 5."""
    sizes = look_sizes(1_000, 50)
    assert [look_at(sizes, people) for people in (974, 975, 980, 985, 986, 995, 1_005, 1_006)] == [
        *(None, 49, 49, 49, None),
        *(50, 50, None),
    ]


def test_a_look_is_reached_at_its_size() -> None:
    assert [looks_reached((200, 400), people) for people in (199, 200, 399, 400, 900)] == [0, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("looks", "shape", "step"), [(1, "obrien-fleming", 100), (5, "pocock", 50), (5, "obrien-fleming", 50)], ids=str
)
def test_whoever_analyzes_again_and_again_errs_at_the_planned_rate(looks: int, shape: str, step: int) -> None:
    """No effect, n = 2,000 per arm, an analysis after every 50 or 100 participants up to 2 n. Without the looks the three plans
    found a difference in 16%, 10% and 14% of such experiments."""
    experiments, n = 2_000, 2_000
    sizes, at = look_sizes(n, looks), bounds(looks, 0.05, shape)
    seen = np.arange(step, 2 * n + 1, step)
    difference = np.cumsum(np.random.default_rng(7).normal(0, np.sqrt(2 * step), (experiments, len(seen))), axis=1)
    z = np.abs(difference) / np.sqrt(2 * seen)
    found = np.zeros(experiments, dtype=bool)
    for column, people in enumerate(seen.tolist()):
        if look := look_at(sizes, people):
            found |= z[:, column] > at[look - 1]
    assert 0.03 <= found.mean() <= 0.07
