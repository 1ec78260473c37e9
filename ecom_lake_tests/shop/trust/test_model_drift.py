"""Drift since the last fit, from hand-written fits."""

from __future__ import annotations

from ecom_lake.engine.contracts.fitted import Past
from ecom_lake_tests.builders.model_fits import gathered, later, rows


def test_a_first_fit_has_no_drift() -> None:
    assert gathered("model_drift", rows()) == []


def test_drift_is_relative_to_the_last_fit_and_unknown_from_zero() -> None:
    first = rows(later(0, parameters={"slope": 2.0, "level": 0.0}))
    made = gathered("model_drift", rows(later(100, parameters={"slope": 3.0, "level": 1.0}), Past(first)))
    assert {row["name"]: (row["kind"], row["before"], row["now"], row["change"]) for row in made} == {
        "slope": ("parameter", 2, 3, 0.5),
        "level": ("parameter", 0, 1, None),
        "mean": ("seen", 10, 10, 0),
    }
