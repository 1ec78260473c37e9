from __future__ import annotations

import numpy as np

from ecom_lake.models.segment_names import names

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
            "median recency_days 100 is in the lowest third, up to 100; median net_sales 200 is in the highest third, from 200",
        ),
        ("Typical one-time buyers", "no median in an outer third of all one-time buyers"),
        (
            "Dormant low-spend many-unit one-time buyers",
            "median recency_days 250 is in the highest third, from 200; median net_sales 40 is in the lowest third, up to 100; "
            "median units 3 is in the highest third, from 1",
        ),
    ]


def test_a_value_that_most_people_have_says_nothing() -> None:
    spent_alike = PEOPLE | {"net_sales": np.array([50.0] * 280 + [90.0] * 21)}  # 50 bounds the lowest third and the highest
    [name] = names([{"recency_days": 150, "net_sales": 50, "units": 1}], spent_alike, "one-time buyers")
    assert name.text == "Typical one-time buyers"


def test_twins_are_numbered() -> None:
    found = [text for text, _ in named((150, 150, 1), (150, 140, 1), (10, 150, 1), (150, 130, 1))]
    assert found == [
        "Typical one-time buyers",
        "Typical one-time buyers (2)",
        "Recent one-time buyers",
        "Typical one-time buyers (3)",
    ]
