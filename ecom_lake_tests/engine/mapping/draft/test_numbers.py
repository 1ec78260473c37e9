"""Numbers in columns of texts: one spelling per column."""

from __future__ import annotations

import polars as pl
import pytest

from ecom_lake.engine.mapping.draft.numbers import read_numbers


@pytest.mark.parametrize(
    ("texts", "values", "decimal", "has_signs", "unread"),
    [
        (["12.50", "3"], [12.5, 3.0], ".", False, 0),
        (["12,50", "3"], [12.5, 3.0], ",", False, 0),
        (["1.234", "12,50"], [1234.0, 12.5], ",", True, 0),
        (["1,234.50", "-3"], [1234.5, -3.0], ".", True, 0),
        (["R$ 5,00", "7,25 €"], [5.0, 7.25], ",", True, 0),
        (["1,5", None, "n/a"], [1.5, None, None], ",", False, 1),
        (["abc"], [None], ".", False, 1),
    ],
)
def test_the_spelling_that_reads_most_values_is_the_column_s(
    texts: list[str | None], values: list[float | None], decimal: str, has_signs: bool, unread: int
) -> None:
    found = read_numbers(pl.Series(texts, dtype=pl.String))
    assert found.values.to_list() == values
    assert (found.decimal, found.has_signs, found.unread) == (decimal, has_signs, unread)


def test_1_234_is_a_decimal_unless_another_value_shows_a_comma() -> None:
    assert read_numbers(pl.Series(["1.234", "5.5"])).values.to_list() == [1.234, 5.5]
