from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.shop.segments.names import Name, names

PEOPLE = {
    "recency_days": np.arange(0.0, 301.0),
    "net_sales": np.arange(0.0, 301.0),
    "units": np.array([1.0] * 280 + [3.0] * 21),
}


def named(*medians: tuple[float, float, float]) -> list[tuple[str, str]]:
    segments = [dict(zip(PEOPLE, of, strict=True)) for of in medians]
    return [(name.text, name.rule) for name in names(segments, PEOPLE, "one-time buyers")]


def test_words_come_from_the_outer_thirds() -> None:
    assert named((100, 200, 1), (101, 199, 1), (250, 40, 3)) == [
        (
            "Recent high-spend one-time buyers",
            "median recency days 100 is in the lowest third, up to 100; median net sales 200 is in the highest third, from 200",
        ),
        (
            "One-time buyers, more recent",
            "no median is in the lowest or highest third of all one-time buyers; the largest difference is in recency days: "
            "median 101, compared with 150",
        ),
        (
            "Dormant low-spend many-unit one-time buyers",
            "median recency days 250 is in the highest third, from 200; median net sales 40 is in the lowest third, up to 100; "
            "median units 3 is in the highest third, from 1",
        ),
    ]


def test_a_value_that_most_customers_have_is_not_in_the_name() -> None:
    spent_alike = PEOPLE | {"net_sales": np.array([50.0] * 280 + [90.0] * 21)}  # 50 bounds the lowest third and the highest
    [name] = names([{"recency_days": 150, "net_sales": 50, "units": 1}], spent_alike, "one-time buyers")
    assert name == Name("One-time buyers like most", "every median equals that of all one-time buyers")


def test_a_fallback_names_the_largest_difference() -> None:
    assert [text for text, _ in named((150, 130, 1), (190, 145, 1), (120, 150, 1))] == [
        "One-time buyers, lower spend",
        "One-time buyers, longer gone",
        "One-time buyers, more recent",
    ]


def test_two_segments_of_one_name_get_their_largest_difference() -> None:
    [rich, poor] = named((50, 290, 1), (60, 210, 1))
    assert rich[0] == "Recent high-spend one-time buyers, higher spend"
    assert poor[0] == "Recent high-spend one-time buyers, lower spend"
    assert poor[1].endswith("segments of the same name is in net sales: median 210, compared with 290")


def test_three_or_more_segments_of_one_name_get_different_names() -> None:
    medians = [(10.0 + 7 * i, 210.0 + 11 * (i * i % 7), 1.0) for i in range(7)]
    found = [text for text, _ in named(*medians)]
    assert len(set(found)) == 7
    assert not any("(" in text for text in found)
    assert all(text.startswith("Recent high-spend one-time buyers") for text in found)


def test_identical_segments_get_their_median_and_a_suffix() -> None:
    found = [text for text, _ in named((50, 250, 1), (50, 250, 1))]
    assert found == [
        "Recent high-spend one-time buyers, around 250 net sales",
        "Recent high-spend one-time buyers, around 250 net sales again",
    ]


def test_a_kept_name_stays_and_a_new_one_is_changed() -> None:
    medians = [dict(zip(PEOPLE, of, strict=True)) for of in ((50.0, 290.0, 1.0), (60.0, 210.0, 1.0))]
    kept = Name("Recent high-spend one-time buyers", "of old")
    found = names(medians, PEOPLE, "one-time buyers", {0: kept})
    assert found[0] == kept
    assert found[1].text == "Recent high-spend one-time buyers, lower spend"


@given(st.lists(st.tuples(*[st.integers(0, 300)] * 2, st.integers(1, 3)), min_size=1, max_size=8))
def test_names_are_always_unique(medians: list[tuple[int, int, int]]) -> None:
    found = [text for text, _ in named(*medians)]
    assert len(set(found)) == len(found)
