from __future__ import annotations

from math import e

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.shop.segments.scale import LOGARITHMIC, PLAIN, Scale, from_scale, to_scale


def test_the_scales_have_the_hand_computed_values() -> None:
    values = np.array([0, e - 1, e**2 - 1])
    assert to_scale(values, LOGARITHMIC) == pytest.approx([0, 1, 2])
    assert to_scale(values, PLAIN).tolist() == values.tolist()


def test_a_negative_value_counts_as_zero_on_the_logarithmic_scale() -> None:
    values = np.array([-3.0, -0.5])
    assert to_scale(values, LOGARITHMIC).tolist() == [0, 0]
    assert to_scale(values, PLAIN).tolist() == [-3, -0.5]


@pytest.mark.parametrize("scale", [LOGARITHMIC, PLAIN])
@given(value=st.floats(0, 1e9))
def test_a_centre_is_converted_back_to_the_unit_of_its_feature(scale: Scale, value: float) -> None:
    assert from_scale(to_scale(np.array([value]), scale), scale) == pytest.approx([value], rel=1e-9)
