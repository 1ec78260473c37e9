"""The points of every model's curves, from a hand-written fit."""

from __future__ import annotations

from ecom_lake_tests.builders.model_fits import gathered, rows


def test_every_point_of_a_curve_is_a_row() -> None:
    made = gathered("model_curves", rows())
    assert [(row["curve"], row["position"], row["x"], row["value"], row["low"], row["label"]) for row in made] == [
        ("gain", 0, 0, 0, None, None),
        ("gain", 1, 1, 1, 0.9, "<all>"),
    ]
