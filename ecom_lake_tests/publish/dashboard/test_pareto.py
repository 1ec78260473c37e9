"""The Pareto curve: it rises from the origin to all sales, and the classes fill the width."""

from __future__ import annotations

import pytest

from ecom_lake.publish.dashboard.pareto import bands_of, curve_of


def test_the_curve_starts_at_nothing_and_ends_at_everything() -> None:
    points = [{"products": 1, "share": 0.5}, {"products": 2, "share": 0.8}, {"products": 4, "share": 1.0}]
    assert curve_of(points) == "0.00,100.00 25.00,50.00 50.00,20.00 100.00,0.00"


def test_the_classes_follow_each_other_and_fill_the_width() -> None:
    classes = [
        {"abc_class": "A", "products": 2, "share": 0.8},
        {"abc_class": "B", "products": 3, "share": 0.15},
        {"abc_class": "C", "products": 95, "share": 0.05},
    ]
    bands = bands_of(classes)
    assert [(band.name, band.start, band.width, band.label_at) for band in bands] == [
        ("A", 0, 2, None),
        ("B", 2, 3, None),
        ("C", 5, 95, 52.5),
    ]
    assert bands[0].text == "2 products, 2.0% of all, bring 80.0% of net sales"
    assert sum(band.width for band in bands) == pytest.approx(100)
