from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.shop.forecast.scale_to_total import fitted_to


def test_reconciliation_has_the_hand_computed_values() -> None:
    """100 in thirds: each part is 33.33, and the first by name gets the remaining cent."""
    fitted = fitted_to(np.array([100.0]), np.full((3, 1), 7.0), np.ones(3), ["b", "a", "c"])
    assert fitted[:, 0].tolist() == [33.33, 33.34, 33.33]
    fitted = fitted_to(np.array([10.0, 10.0]), np.array([[1.0, 0.0], [3.0, 0.0]]), np.array([4.0, 1.0]), ["a", "b"])
    assert fitted.tolist() == [[2.5, 8.0], [7.5, 2.0]], "where every forecast is zero, the recent shares are used"
    fitted = fitted_to(np.array([0.3]), np.ones((50, 1)), np.ones(50), [f"{part:02}" for part in range(50)])
    assert fitted[:2, 0].tolist() == [0.3, 0.0], "shares of less than a cent are zero"


@given(
    whole=st.integers(0, 10**9),
    parts=st.lists(st.integers(0, 10**7), min_size=1, max_size=40),
    recent=st.integers(0, 3),
)
def test_it_adds_up_to_the_cent_and_is_never_negative(whole: int, parts: list[int], recent: int) -> None:
    names = [str(part) for part in range(len(parts))]
    usual = np.full(len(parts), float(recent))
    fitted = fitted_to(np.array([whole / 100]), np.array(parts)[:, None] / 100, usual, names)
    cents = np.round(fitted[:, 0] * 100).astype(int)
    assert cents.sum() == whole
    assert (cents >= 0).all()
