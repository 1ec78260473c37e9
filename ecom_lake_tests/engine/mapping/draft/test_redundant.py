"""Columns that repeat another column, with the rows that are exceptions."""

from __future__ import annotations

import polars as pl

from ecom_lake.engine.mapping.draft.redundant import redundant_columns


def _sentences(rows: pl.DataFrame) -> list[str]:
    return [one.sentence for one in redundant_columns(rows)]


def test_equal_columns() -> None:
    rows = pl.DataFrame({"used": ["Yes", "No", "Yes", "No"], "promo": ["Yes", "No", "Yes", "No"]})
    assert _sentences(rows) == ["promo equals used in all 4 rows"]


def test_nearly_equal_columns_with_the_exceptions() -> None:
    values = [str(number % 7) for number in range(200)]
    rows = pl.DataFrame({"one": values, "other": [*values[:-1], "x"]})
    assert _sentences(rows) == ["other equals one in all but 1 of 200 rows"]


def test_the_same_values_under_other_names() -> None:
    rows = pl.DataFrame({"code": ["a", "b", "a", "b", "a", "b"], "label": ["Red", "Blue", "Red", "Blue", "Red", "Blue"]})
    assert _sentences(rows) == ["label relabels code in all 6 rows"]


def test_a_column_that_is_a_function_of_another() -> None:
    cities = ["Rio", "Niterói", "Campinas", "Santos"] * 5
    rows = pl.DataFrame({"city": cities, "state": ["RJ", "RJ", "SP", "SP"] * 5})
    assert _sentences(rows) == ["state is determined by city in all 20 rows"]


def test_a_key_determines_everything_and_is_no_evidence() -> None:
    rows = pl.DataFrame({"id": [str(number) for number in range(20)], "state": ["RJ", "SP"] * 10})
    assert _sentences(rows) == []


def test_a_constant_and_a_nearly_constant_column_are_no_evidence() -> None:
    rows = pl.DataFrame({"city": ["Rio", "Santos"] * 100, "shop": ["x"] * 200, "flag": ["no"] * 199 + ["yes"]})
    assert _sentences(rows) == []


def test_independent_columns_are_not_redundant() -> None:
    rows = pl.DataFrame({"one": ["a", "a", "b", "b"] * 10, "other": ["x", "y", "x", "y"] * 10})
    assert _sentences(rows) == []
