"""The results of every candidate of every model, from a hand-written fit."""

from __future__ import annotations

from ecom_lake_tests.builders.model_fits import gathered, rows


def test_the_champion_is_marked_among_the_candidates() -> None:
    made = gathered("model_rivals", rows())
    assert [(row["model"], row["rival"], row["value"], row["is_champion"]) for row in made] == [
        ("customer_segments", "clever", 0.5, True),
        ("customer_segments", "naive", 0.75, False),
    ]
