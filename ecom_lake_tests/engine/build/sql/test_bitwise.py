"""Values that are equal as numbers and differ in their bits are different, and only those."""

from __future__ import annotations

import math
from pathlib import Path

import polars as pl
import pytest

from ecom_lake_tests.engine.build.sql.bitwise import bits, value_hash


@pytest.mark.parametrize(
    ("one", "other", "is_equal"),
    [
        (0.0, -0.0, False),
        (0.1 + 0.2, 0.3, False),
        (math.nan, -math.nan, True),
        (1.5, 1.5, True),
        (None, math.nan, False),
    ],
)
def test_doubles_are_compared_by_their_bits(one: float | None, other: float | None, is_equal: bool, tmp_path: Path) -> None:
    rows = [pl.DataFrame({"x": [value]}, schema={"x": pl.Float64}) for value in (one, other)]
    assert bits(rows[0]).equals(bits(rows[1])) is is_equal
    files = [tmp_path / "one.parquet", tmp_path / "other.parquet"]
    for frame, file in zip(rows, files, strict=True):
        frame.write_parquet(file)
    assert (value_hash(files[:1]) == value_hash(files[1:])) is is_equal
