from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake_tests.builders.gold_table import make
from ecom_lake_tests.builders.segment_customers import centre, centres_of, people

CENTRES = centres_of([centre(1, False, None, None), centre(2, True, None, None)])


def scatter(customers: pl.DataFrame, folder: Path) -> pl.DataFrame:
    with duckdb.connect() as con:
        con.register("customer_metrics", customers.to_arrow())
        con.register("segment_centres", CENTRES.to_arrow())
        make(con, "customer_segments", folder)
        make(con, "segment_profile", folder)
        return make(con, "segment_scatter", folder)  # checks the identity with the profile


def test_bins_are_squares_of_days_and_ten_steps_in_each_power_of_ten(tmp_path: Path) -> None:
    customers = people(
        [("a", 2, 10, 99.99, 4), ("b", 1, 9, 10.0, 1), ("c", 1, 15, 12.49, 2), ("d", 1, 16, 12.5, 1), ("e", 1, 0, 0.0, 1)]
    )
    columns = ("segment_id", "recency_from", "recency_to", "spend_from", "spend_to", "customers", "net_sales")
    assert scatter(customers, tmp_path).select(columns).rows() == [
        (1, 9, 16, 80, 100, 1, Decimal("99.99")),
        (2, 0, 1, 0, 1, 1, 0),
        (2, 9, 16, 10, Decimal("12.50"), 2, Decimal("22.49")),
        (2, 16, 25, Decimal("12.50"), 16, 1, Decimal("12.50")),
    ]


@pytest.mark.parametrize("amount", [0.01, 0.99, 1.0, 3.15, 1e6, 99_999_999_999.99])
def test_every_amount_has_a_bin(tmp_path: Path, amount: float) -> None:
    [row] = scatter(people([("a", 1, 5, amount, 1)]), tmp_path).to_dicts()
    assert row["customers"] == 1
    assert float(row["spend_from"]) <= amount < float(row["spend_to"])


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 10**7)), min_size=1, max_size=30))
def test_nobody_is_lost_or_counted_twice(tmp_path_factory: pytest.TempPathFactory, bought: list[tuple[int, int]]) -> None:
    customers = people([(f"c{i}", 1 + i % 2, days, cents / 100, 1) for i, (days, cents) in enumerate(bought)])
    made = scatter(customers, tmp_path_factory.mktemp("scatter"))
    assert made["customers"].sum() == len(bought)
    assert made["net_sales"].sum() == customers["net_sales"].sum()
