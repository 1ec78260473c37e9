"""The ways to read the plain view that the docs show, each run on a built lake: DuckDB, Polars and pandas."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest

from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.project import PROJECT

PAGES = {"README.md": "", "CHANGELOG.md": "data/olist"}
"""The pages, and the working folder of their examples, from the project folder."""
_EXAMPLE = re.compile(r"`([^`\n]*\.parquet'|p[dl]\.\w+_parquet\(\"[^`\n]*\))`")
EXAMPLES = [(page, example) for page in PAGES for example in _EXAMPLE.findall((PROJECT / page).read_text(encoding="utf-8"))]


def by_duckdb(example: str) -> pl.DataFrame:
    query = example if example.startswith("select") else f"select * from {example}"
    with duckdb.connect() as con:
        rows: pl.DataFrame = con.sql(query).pl()
    return rows


def by_polars(example: str) -> pl.DataFrame:
    made = eval(example, {"pl": pl})
    frame: pl.DataFrame = made.collect() if isinstance(made, pl.LazyFrame) else made
    return frame


def by_pandas(example: str) -> pl.DataFrame:
    return pl.from_pandas(eval(example, {"pd": pd}))


READERS: dict[str, Callable[[str], pl.DataFrame]] = {"pl.": by_polars, "pd.": by_pandas}


def test_the_docs_show_each_way() -> None:
    ways = {READERS.get(example[:3], by_duckdb) for _, example in EXAMPLES if "fct_sales" in example}
    assert ways == {by_duckdb, by_polars, by_pandas}


@pytest.mark.parametrize(("page", "example"), EXAMPLES, ids=[f"{page}: {example}" for page, example in EXAMPLES])
def test_an_example_of_the_docs_reads_every_row_of_its_table(
    built_lake: BuiltLake, page: str, example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(built_lake.folder / PAGES[page])
    read = READERS.get(example[:3], by_duckdb)(example.replace("month=2018-08", "month=2017-02"))
    [table] = re.findall(r"gold/(\w+)", example)
    expected = released(built_lake, table, "month = date '2017-02-01'" if "month=" in example else "true")
    assert read.columns == expected.columns
    assert rows_of(read) == rows_of(expected) != []


def released(lake: BuiltLake, table: str, condition: str) -> pl.DataFrame:
    with duckdb.connect(str(lake.root / "olist/catalog.duckdb"), read_only=True) as con:
        rows: pl.DataFrame = con.sql(f"select * from {table} where {condition}").pl()
    return rows


def rows_of(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    """The rows in an order of their own; pandas reads some types as others."""
    return sorted(frame.cast(pl.String, strict=False).rows(), key=str)
