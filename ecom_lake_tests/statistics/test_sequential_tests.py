"""Sequential tests: checked against published figures, and by their simulated error rate."""

from __future__ import annotations

import numpy as np
import pytest

from ecom_lake.statistics.sequential_tests import (
    OBRIEN_FLEMING,
    POCOCK,
    always_valid_half,
    always_valid_p,
    bounds,
    chance_to_cross,
    constant,
)


def test_bounds_of_five_looks_have_the_published_values() -> None:
    assert constant(5, shape=POCOCK) == pytest.approx(2.413, abs=5e-4)
    assert constant(5, shape=OBRIEN_FLEMING) == pytest.approx(2.040, abs=5e-4)
    assert bounds(5)[0] == pytest.approx(2.040 * 5**0.5, abs=1e-3)
    assert bounds(1) == [pytest.approx(1.95996, abs=1e-5)]


@pytest.mark.parametrize(("looks", "crossed"), [(5, 0.142), (10, 0.193), (20, 0.248)])
def test_repeated_looks_have_the_published_error_rate(looks: int, crossed: float) -> None:
    """Armitage, McPherson and Rowe, 1969."""
    assert chance_to_cross([1.959964] * looks) == pytest.approx(crossed, abs=1e-3)


def test_continuous_looks_keep_the_error_rate_with_the_always_valid_p_value() -> None:
    alarms = naive = 0
    for seed in range(400):
        rng = np.random.default_rng([4, seed])
        steps = rng.normal(0, 1, (2, 5_000)).cumsum(axis=1)
        seen = np.arange(100, 5_001, 100)
        apart, error = (steps[1] - steps[0])[seen - 1] / seen, np.sqrt(2 / seen)
        alarms += any(always_valid_p(d, e, 0.08) < 0.05 for d, e in zip(apart, error, strict=True))
        naive += bool((np.abs(apart / error) > 1.96).any())
    assert alarms / 400 < 0.05
    assert naive / 400 > 0.2


@pytest.mark.parametrize("error", [0.01, 0.1])
def test_the_always_valid_interval_agrees_with_its_p_value(error: float) -> None:
    half = always_valid_half(error, 0.05)
    assert always_valid_p(half, error, 0.05) == pytest.approx(0.05)
    assert half > 1.96 * error
    assert always_valid_p(0, error, 0.05) == 1
