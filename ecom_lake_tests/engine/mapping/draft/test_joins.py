"""Joins: columns with values of a key of another file."""

from __future__ import annotations

import polars as pl

from ecom_lake.engine.mapping.draft.joins import find_joins, is_key


def _always(kind: str, name: str, other: str, key: str) -> bool:
    return True


def _never(kind: str, name: str, other: str, key: str) -> bool:
    return False


def test_a_join_with_values_that_match_nothing() -> None:
    kinds = {
        "orders": pl.DataFrame({"id": ["o1", "o2", "o3", "o4"]}),
        "payments": pl.DataFrame({"order": ["o1", "o1", "o2", "o9", None]}),
    }
    (found,) = find_joins(kinds, _never)
    assert found.sentence == "payments.order → orders.id: 1 value in 1 row matches nothing"
    assert found.coverage == 0.75


def test_numbers_that_count_are_joined_only_where_the_names_agree() -> None:
    kinds = {"products": pl.DataFrame({"id": ["1", "2", "3"]}), "lines": pl.DataFrame({"quantity": ["1", "2", "2", "1"]})}
    assert find_joins(kinds, _never) == []
    assert [join.column for join in find_joins(kinds, _always)] == ["quantity"]


def test_a_column_of_other_values_is_no_join() -> None:
    kinds = {"orders": pl.DataFrame({"id": ["o1", "o2"]}), "people": pl.DataFrame({"name": ["Ann", "Bob", "Ann"]})}
    assert find_joins(kinds, _always) == []


def test_a_key_has_a_value_in_every_row_and_none_twice() -> None:
    assert is_key(pl.Series(["a", "b"]))
    assert not is_key(pl.Series(["a", "a"]))
    assert not is_key(pl.Series(["a", None]))
    assert not is_key(pl.Series([], dtype=pl.String))
