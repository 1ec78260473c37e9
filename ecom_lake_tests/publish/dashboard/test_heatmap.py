"""The shades of a heat map."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.publish.dashboard.heatmap import SHADES, shade


def test_only_zero_has_no_colour_and_the_largest_has_the_strongest() -> None:
    assert [shade(value, 100) for value in (0, 0.001, 1, 25, 100, 1000)] == [0, 1, 1, 5, SHADES, SHADES]
    assert shade(0, 0) == 0


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_larger_value_is_never_paler(one: float, other: float) -> None:
    assert shade(min(one, other), 1e6) <= shade(max(one, other), 1e6)
