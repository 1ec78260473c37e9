from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from ecom_lake.statistics.arrays import Floats
from ecom_lake.statistics.newton import maximize


@dataclass
class Function:
    value: Callable[[Floats], float]
    gradient: Callable[[Floats], Floats]
    negative_hessian: Callable[[Floats], Floats]
    calls: int = 0

    def value_and_gradient(self, at: Floats) -> tuple[float, Floats]:
        self.calls += 1
        return self.value(at), self.gradient(at)

    def information(self, at: Floats, gradient: Floats) -> Floats:
        return self.negative_hessian(at)


def rosenbrock() -> Function:
    return Function(
        lambda at: float(-((1 - at[0]) ** 2) - 100 * (at[1] - at[0] ** 2) ** 2 - 1),
        lambda at: np.array([2 * (1 - at[0]) + 400 * at[0] * (at[1] - at[0] ** 2), -200 * (at[1] - at[0] ** 2)]),
        lambda at: np.array([[2 - 400 * (at[1] - 3 * at[0] ** 2), -400 * at[0]], [-400 * at[0], 200.0]]),
    )


def test_the_maximum_of_a_curved_valley_is_found() -> None:
    at, value = maximize(rosenbrock(), np.array([-1.2, 1.0]), tolerance=1e-20)
    assert at == pytest.approx([1, 1], abs=1e-8)
    assert value == pytest.approx(-1)


def test_bounds_hold_and_the_other_variable_is_still_optimal() -> None:
    at, _ = maximize(rosenbrock(), np.array([-1.2, 1.0]), tolerance=1e-20, bounds=np.array([[-2.0, 0.5], [-2.0, 2.0]]))
    assert at == pytest.approx([0.5, 0.25], abs=1e-6)


def test_a_variable_leaves_its_bound_where_the_function_rises_inside() -> None:
    hill = Function(lambda at: -float((at[0] - 2) ** 2) - 1, lambda at: -2 * (at - 2), lambda at: np.array([[2.0]]))
    at, _ = maximize(hill, np.array([0.0]), tolerance=1e-20, bounds=np.array([[0.0, 5.0]]))
    assert at == pytest.approx([2])


def test_a_step_that_lowers_the_value_is_halved() -> None:
    """Full steps from 0.2 go to -0.8 and back for ever."""
    ridge = Function(
        lambda at: -float(np.sqrt(1 + 100 * at[0] ** 2)),
        lambda at: -100 * at / np.sqrt(1 + 100 * at**2),
        lambda at: np.array([[100 / (1 + 100 * at[0] ** 2) ** 1.5]]),
    )
    at, value = maximize(ridge, np.array([0.2]), tolerance=1e-20)
    assert at == pytest.approx([0], abs=1e-6)
    assert value == pytest.approx(-1)


def test_a_step_increases_the_value_where_the_function_is_convex() -> None:
    """1/(1 + x²) curves upward beyond 0.58: a plain Newton step from 1 leads away from the maximum."""
    bell = Function(
        lambda at: float(1 / (1 + at[0] ** 2)),
        lambda at: -2 * at / (1 + at**2) ** 2,
        lambda at: np.array([[(2 - 6 * at[0] ** 2) / (1 + at[0] ** 2) ** 3]]),
    )
    at, value = maximize(bell, np.array([1.0]), tolerance=1e-20)
    assert at == pytest.approx([0], abs=1e-8)
    assert value == pytest.approx(1)


def test_the_search_ends_where_the_curvature_is_not_finite() -> None:
    broken = Function(lambda at: 1.0, lambda at: np.ones(1), lambda at: np.array([[np.nan]]))
    at, value = maximize(broken, np.zeros(1), tolerance=1e-9)
    assert (at.tolist(), value, broken.calls) == ([0.0], 1.0, 1)


def test_a_concave_function_with_a_flat_direction_has_its_maximum() -> None:
    """-(x + y - 2)² is as high along a whole line: the equations of a step have no single solution."""
    flat = Function(
        lambda at: float(-((at.sum() - 2) ** 2) - 1),
        lambda at: np.full(2, -2 * (at.sum() - 2)),
        lambda at: np.full((2, 2), 2.0),
    )
    at, value = maximize(flat, np.zeros(2), tolerance=1e-20, is_concave=True)
    assert at.sum() == pytest.approx(2)
    assert value == pytest.approx(-1)
