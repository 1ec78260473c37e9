from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from ecom_lake_tests.builders.gold_table import make
from ecom_lake_tests.builders.segment_customers import centre, centres_of, people, planted

CENTRES = centres_of([centre(1, False, None, None), centre(2, True, None, None)])


def profile(customers: pl.DataFrame, folder: Path, centres: pl.DataFrame = CENTRES) -> pl.DataFrame:
    with duckdb.connect() as con:
        con.register("customer_metrics", customers.to_arrow())
        con.register("segment_centres", centres.to_arrow())
        make(con, "customer_segments", folder)
        return make(con, "segment_profile", folder)


def test_a_profile_has_the_hand_computed_values(tmp_path: Path) -> None:
    customers = people([("a", 2, 10, 60.0, 4), ("b", 1, 20, 10.0, 1), ("c", 1, 40, 25.0, 2), ("d", 1, 90, 5.0, 1)])
    repeat, once = profile(customers, tmp_path).to_dicts()
    assert once == {
        "segment_id": 2,
        "segment": "segment 2",
        "is_one_time": True,
        "customers": 3,
        "share": 0.75,
        "net_sales": Decimal("40.00"),
        "net_sales_share": 0.4,
        "median_recency_days": 40.0,
        "median_purchases": 1.0,
        "median_units": 1.0,
        "median_net_sales": 10.0,
        "median_aov": 10.0,
        "median_gap_days": None,
        "rule": "by hand",
        "model_version": "hand",
    }
    assert repeat["customers"] == 1
    assert repeat["median_gap_days"] == 30.0


def test_shares_of_segments_add_up_to_one(tmp_path: Path) -> None:
    customers, _ = planted()
    made = profile(customers, tmp_path)
    assert made["customers"].sum() == customers.height
    assert made["net_sales"].sum() == customers["net_sales"].sum()
    assert made["share"].sum() == pytest.approx(1)
    assert made["net_sales_share"].sum() == pytest.approx(1)


def test_without_sales_there_is_no_share(tmp_path: Path) -> None:
    assert profile(people([("a", 1, 10, 0.0, 1)]), tmp_path)["net_sales_share"].to_list() == [None]


def test_customers_who_are_not_scored_are_part_of_the_whole(tmp_path: Path) -> None:
    """Since the segments were fitted, a correction made the first repeat buyer of the shop."""
    customers = people([("a", 2, 10, 60.0, 4), ("b", 1, 20, 10.0, 1)])
    not_scored, once = profile(customers, tmp_path, CENTRES.filter("is_one_time")).to_dicts()
    assert (not_scored["segment_id"], not_scored["segment"], not_scored["model_version"]) == (0, "not scored", "hand")
    assert (not_scored["customers"], not_scored["net_sales"], not_scored["is_one_time"]) == (1, Decimal("60.00"), None)
    assert once["share"] == not_scored["share"] == 0.5
