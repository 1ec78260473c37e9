"""Places of labels: none covers another, each as near to its wanted place as that allows."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.publish.dashboard.labels import spread


def test_labels_that_have_room_stay_where_they_are() -> None:
    assert spread([80, 10, 50], 6) == [80, 10, 50]


def test_labels_at_one_place_move_apart() -> None:
    assert spread([50, 50, 50], 6) == [50, 56, 62]
    assert spread([99, 98], 6) == [100, 94]


@given(st.lists(st.floats(0, 100), max_size=40))
def test_labels_keep_their_order_their_distance_and_the_plot(wanted: list[float]) -> None:
    places = spread(wanted, 6)
    gap = min(6.0, 100 / max(len(wanted) - 1, 1))
    assert all(-0.01 <= place <= 100.01 for place in places)
    assert all(b - a >= gap - 0.02 for a, b in pairwise(sorted(places)))
    assert [place for _, place in sorted(zip(wanted, places, strict=True))] == sorted(places)
