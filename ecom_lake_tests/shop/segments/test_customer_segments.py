from __future__ import annotations

from math import log, sqrt
from pathlib import Path

import duckdb
import polars as pl
import pytest

from ecom_lake_tests.builders.gold_table import make
from ecom_lake_tests.builders.segment_customers import centre, centres_of, people


def placed(customers: pl.DataFrame, centres: list[dict[str, object]], folder: Path) -> dict[str, tuple[int, float | None]]:
    with duckdb.connect() as con:
        con.register("customer_metrics", customers.to_arrow())
        con.register("segment_centres", centres_of(centres).to_arrow())
        made = make(con, "customer_segments", folder)
    return {customer: (segment, distance) for customer, segment, distance in made["customer_id", "segment_id", "distance"].rows()}


def test_each_customer_is_assigned_to_the_nearest_centre_of_their_group(tmp_path: Path) -> None:
    customers = people(
        [
            ("near", 1, 10, 100.0, 1),
            ("far", 1, 200, 50.0, 3),
            ("between groups", 4, 10, 100.0, 9),
            ("on the centre", 1, 99, 9.0, 1),
        ]
    )
    made = placed(customers, [centre(1, False, None, None), centre(2, True, 9.0, 99.0), centre(3, True, 99.0, 9.0)], tmp_path)
    assert made["near"] == pytest.approx((2, sqrt((log(11 / 10) / 0.5) ** 2 + (log(101 / 100) / 2) ** 2)), abs=1e-6)
    assert made["far"] == pytest.approx((3, sqrt((log(201 / 100) / 0.5) ** 2 + (log(51 / 10) / 2) ** 2)), abs=1e-6)
    assert made["between groups"] == (1, None)
    assert made["on the centre"] == (3, 0.0)


def test_ties_between_centres_go_to_the_lower_number(tmp_path: Path) -> None:
    customers = people([(f"{i}", 1, 9, 50.0, 1) for i in range(50)])
    made = placed(customers, [centre(4, True, 9.0, 20.0), centre(2, True, 9.0, 20.0), centre(3, True, 9.0, 20.0)], tmp_path)
    assert {segment for segment, _ in made.values()} == {2}


def test_customers_of_a_group_without_a_segment_are_not_scored(tmp_path: Path) -> None:
    customers = people([("once", 1, 10, 100.0, 1), ("twice", 2, 10, 100.0, 1)])
    assert placed(customers, [centre(2, True, None, None)], tmp_path) == {"once": (2, None), "twice": (0, None)}
    assert placed(customers, [], tmp_path) == {"once": (0, None), "twice": (0, None)}
