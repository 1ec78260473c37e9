from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest

from ecom_lake.engine.build.gold.table_file import write
from ecom_lake.engine.contracts.columns import Integer
from ecom_lake.engine.contracts.table import Gold


class Numbers(Gold):
    """One row per number."""

    n = Integer("The number.", key=True)


@pytest.mark.parametrize("end", ["", "\n", ";", " -- the last one", ";\n-- the last one"])
def test_sql_may_end_with_a_semicolon_or_a_comment(end: str, tmp_path: Path) -> None:
    with duckdb.connect() as con:
        write(con, con.sql(f"select unnest(['3', '1']) as n{end}"), Numbers.table, tmp_path / "numbers.parquet")
    assert pl.read_parquet(tmp_path / "numbers.parquet")["n"].to_list() == [1, 3]
