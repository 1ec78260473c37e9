"""A table's profile: by hand, and against Polars and SciPy, which compute the same from the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from ecom_lake.engine.contracts.columns import Column, Date, Flag, Integer, Key, Money, Number, Text, Timestamp
from ecom_lake.engine.contracts.table import Silver
from ecom_lake.engine.serve.profile.queries import LEAST_SHOWN, Source
from ecom_lake.engine.serve.profile.table_profile import ColumnSummary, Frequent, TableProfile


class Visits(Silver):
    """One row per visit."""

    visit = Key("Identifier of the visit.", personal=False)
    page = Text("Page.", nullable=True, personal=False)
    comment = Text("What was written.", nullable=True, personal=True)
    age = Integer("Age of the visitor.", nullable=True, personal=True)
    is_new = Flag("Whether it is the first one.", nullable=True)
    seconds = Integer("Length of the visit.", nullable=True)
    price = Money("Price that was shown.", nullable=True)
    score = Integer("Score from 1 to 5.", nullable=True, at_least=1, at_most=5)
    day = Date("Day.", nullable=True)
    left_at = Timestamp("End.", nullable=True)
    ratio = Number("A ratio.", nullable=True)


TABLE = replace(
    Visits.table, columns={name: replace(one, personal=bool(one.personal)) for name, one in Visits.table.columns.items()}
)


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(duckdb.connect()) as con:
        con.execute("create schema silver")
        yield con


def profiled(con: duckdb.DuckDBPyConnection, rows: Sequence[Mapping[str, Any]], **of_source: Any) -> TableProfile:
    names = [name for name in TABLE.columns if not name.startswith("source_")]
    frame = pl.DataFrame([{name: row.get(name) for name in names} for row in rows], {n: TABLE.schema[n] for n in names})
    con.register("given", frame.to_arrow())
    con.execute("create or replace table silver.visits as select * from given")

    def ask(sql: str) -> list[dict[str, Any]]:
        found = con.execute(sql)
        columns = [one[0] for one in found.description]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]

    return TableProfile(Source(TABLE, len(rows), **of_source), ask)


def by_name(profile: TableProfile) -> dict[str, ColumnSummary]:
    return {one.column.name: one for one in profile.columns}


def test_rows_missing_and_distinct_values_are_counted(engine: duckdb.DuckDBPyConnection) -> None:
    rows = [{"visit": "a", "page": "x", "comment": "secret"}, {"visit": "b", "page": "x"}, {"visit": "c"}]
    found = by_name(profiled(engine, rows))
    assert [(name, found[name].rows, found[name].missing, found[name].distinct) for name in ("visit", "page", "comment")] == [
        ("visit", 3, 0, 3),
        ("page", 3, 1, 1),
        ("comment", 3, 2, 1),
    ]
    assert found["visit"].is_unique
    assert not found["page"].is_unique
    assert "source_sequence" not in found


def test_the_distribution_and_its_outliers(engine: duckdb.DuckDBPyConnection) -> None:
    found = by_name(profiled(engine, [{"visit": str(i), "seconds": i} for i in (1, 2, 3, 4, 100)]))["seconds"].numbers
    assert found is not None
    assert (found.smallest, found.lower_quartile, found.median, found.upper_quartile, found.largest) == (1, 2, 3, 4, 100)
    assert (found.mean, found.outliers) == (22, 1)


def test_equal_quartiles_and_bounded_scales_have_no_outliers(engine: duckdb.DuckDBPyConnection) -> None:
    rows = [{"visit": str(i), "seconds": 0 if i < 9 else 50, "score": 5 - i % 3 if i else 1} for i in range(10)]
    found = by_name(profiled(engine, rows))
    assert found["seconds"].numbers is not None
    assert found["seconds"].numbers.outliers is None
    assert found["score"].numbers is not None
    assert found["score"].numbers.outliers is None


def test_no_value_of_a_personal_column_is_returned(engine: duckdb.DuckDBPyConnection) -> None:
    profile = profiled(engine, [{"visit": str(i), "comment": "secret", "age": 77, "page": "x"} for i in range(20)])
    found = by_name(profile)
    assert (found["comment"].distinct, found["age"].distinct, found["age"].numbers) == (1, 1, None)
    assert "comment" not in profile.frequent
    assert "age" not in profile.histograms
    answers = [profile._ask(sql) for sql in (profile.summary_sql, profile.frequent_sql)]
    assert not any(value in ("secret", "77", 77) for rows in answers for row in rows for value in row.values())
    assert profile.correlation_sql == ""


def test_a_value_is_shown_from_some_rows_on_and_the_most_frequent_first(engine: duckdb.DuckDBPyConnection) -> None:
    pages = ["rare"] * (LEAST_SHOWN - 1) + ["b"] * LEAST_SHOWN + ["a"] * LEAST_SHOWN + ["most'"] * 9
    found = profiled(engine, [{"visit": str(i), "page": page} for i, page in enumerate(pages)]).frequent
    assert found["page"] == [Frequent("most'", 9), Frequent("a", LEAST_SHOWN), Frequent("b", LEAST_SHOWN)]
    assert found["visit"] == []


def test_histograms_have_all_rows_with_a_value(engine: duckdb.DuckDBPyConnection) -> None:
    rows = [
        {"visit": str(i), "seconds": i % 7, "price": i * 10, "left_at": datetime(2018, 1 + i % 12, 5), "ratio": -0.1 * i}
        for i in range(60)
    ]
    profile = profiled(engine, [*rows, {"visit": "none"}])
    assert {name: sum(one.rows) for name, one in profile.histograms.items()} == dict.fromkeys(
        ("seconds", "price", "left_at", "ratio"), 60
    )
    assert profile.histograms["seconds"].rows == [9, 9, 9, 9, 8, 8, 8]
    assert profile.histograms["left_at"].rows == [5] * 12


def test_an_empty_table_and_an_empty_column_have_a_profile(engine: duckdb.DuckDBPyConnection) -> None:
    empty = profiled(engine, [])
    assert {one.rows for one in empty.columns} == {0}
    assert (empty.histograms, empty.correlations) == ({}, [])
    found = by_name(profiled(engine, [{"visit": "a"}]))
    assert (found["price"].numbers, found["day"].times, found["price"].missing_share) == (None, None, 1)


def test_a_sample_is_the_same_each_time_and_about_as_large_as_asked(engine: duckdb.DuckDBPyConnection) -> None:
    rows = [{"visit": str(i), "seconds": i} for i in range(5_000)]
    sampled = profiled(engine, rows, most_rows=1_000, most_ranked=500)
    assert sampled.source.is_sampled
    assert 900 < sampled.profiled < 1_100
    again = profiled(engine, rows, most_rows=1_000, most_ranked=500)
    assert again.columns == sampled.columns
    assert profiled(engine, rows).profiled == 5_000


def test_absent_columns_are_left_out(engine: duckdb.DuckDBPyConnection) -> None:
    profile = profiled(engine, [{"visit": "a"}], absent={"page": "The shop does not state it."})
    assert "page" not in by_name(profile)
    assert [one.column.name for one in profiled(engine, [{"visit": "a"}], only=("day",)).columns] == ["day"]


_NUMBERS = st.one_of(st.none(), st.integers(-50, 50))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(_NUMBERS, st.integers(0, 9), st.integers(0, 4)), min_size=1, max_size=40))
def test_it_agrees_with_polars_and_scipy(engine: duckdb.DuckDBPyConnection, values: list[tuple[int | None, int, int]]) -> None:
    rows = [{"visit": str(i), "seconds": a, "ratio": float(b), "price": c} for i, (a, b, c) in enumerate(values)]
    profile = profiled(engine, rows, only=("seconds", "price", "ratio"))
    seconds = pl.Series("seconds", [a for a, _, _ in values], pl.Int64)
    found = by_name(profile)["seconds"]
    assert (found.missing, found.distinct) == (seconds.null_count(), seconds.drop_nulls().n_unique())
    if found.numbers:
        expected = [seconds.quantile(q, "linear") for q in (0.25, 0.5, 0.75)]
        assert [found.numbers.lower_quartile, found.numbers.median, found.numbers.upper_quartile] == pytest.approx(expected)
        assert found.numbers.mean == pytest.approx(seconds.mean(), abs=1e-5)
    _, ratios, prices = zip(*values, strict=True)
    if len(set(ratios)) > 1 and len(set(prices)) > 1:
        [pair] = [one for one in profile.correlations if (one.one, one.other) == ("price", "ratio")]
        assert pair.value == pytest.approx(spearmanr(prices, ratios).statistic, abs=1e-5)
        assert pair.rows == len(values)


def test_columns_that_share_one_row_have_no_correlation(engine: duckdb.DuckDBPyConnection) -> None:
    rows = [{"visit": "a", "seconds": 1}, {"visit": "b", "seconds": 2, "price": 1}, {"visit": "c", "price": 2}]
    assert profiled(engine, rows).correlations == []


def test_a_column_that_does_not_vary_in_the_ranked_rows_has_no_correlation(engine: duckdb.DuckDBPyConnection) -> None:
    rows = [{"visit": str(i), "seconds": i, "price": i, "score": 1} for i in range(1_000)]
    ranked = profiled(engine, rows, most_ranked=100)
    chosen = {row["seconds"] for row in ranked._ask(ranked.source.sql([TABLE.columns["seconds"]], 100))}
    rare = next(i for i in range(1_000) if i not in chosen)
    rows[rare]["score"] = 5
    found = profiled(engine, rows, most_ranked=100, only=("seconds", "price", "score"))
    assert by_name(found)["score"].distinct == 2
    assert [(one.one, one.other, one.value) for one in found.correlations] == [("seconds", "price", 1)]


_FEW = st.one_of(st.none(), st.integers(0, 5))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(_FEW, _FEW, st.integers(0, 9)), min_size=2, max_size=40))
def test_ranks_are_among_the_rows_in_which_both_columns_have_a_value(
    engine: duckdb.DuckDBPyConnection, values: list[tuple[int | None, int | None, int]]
) -> None:
    rows = [{"visit": str(i), "seconds": a, "price": b, "ratio": float(c)} for i, (a, b, c) in enumerate(values)]
    found = {(one.one, one.other): one for one in profiled(engine, rows, only=("seconds", "price", "ratio")).correlations}
    for one, other in (("seconds", "price"), ("seconds", "ratio"), ("price", "ratio")):
        both = [(row[one], row[other]) for row in rows if row[one] is not None and row[other] is not None]
        if all(len(set(column)) > 1 for column in zip(*both, strict=True)) and both:
            assert found[one, other].rows == len(both)
            assert found[one, other].value == pytest.approx(spearmanr(both).statistic, abs=1e-5)
        else:
            assert (one, other) not in found


def test_a_column_whose_name_is_a_word_of_sql_is_quoted(engine: duckdb.DuckDBPyConnection) -> None:
    column = Column(TABLE.columns["page"].kind, "A word.", personal=False, name="select")
    assert 'select "select" from silver."visits"' in Source(TABLE, 1).sql([column])
