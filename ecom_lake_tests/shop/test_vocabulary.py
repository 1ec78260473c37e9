"""A column name has one meaning: a column that two tables share is defined once, in the vocabulary."""

from __future__ import annotations

import pytest

from ecom_lake.engine.contracts.columns import Column, Count, Money
from ecom_lake.shop import vocabulary
from ecom_lake_tests import catalog as registry

WORDED = tuple[str, str, str | None]
SHARED = {name: column for name, column in vars(vocabulary).items() if isinstance(column, Column)}


def columns() -> list[tuple[str, Column]]:
    """All columns of the silver and gold contracts, each with its table."""
    tables = (registry.silver() | registry.gold()).values()
    return [(table.name, column) for table in tables for column in table.columns.values()]


def wording(column: Column) -> WORDED:
    return column.kind.name, column.meaning, column.unit


def second_wordings(found: list[tuple[str, Column]]) -> dict[str, set[WORDED]]:
    """The names that have several wordings, without the homonyms."""
    wordings: dict[str, set[WORDED]] = {}
    for table, column in found:
        if not {column.name, f"{table}.{column.name}", f"{table}.*"} & vocabulary.HOMONYMS.keys():
            wordings.setdefault(column.name, set()).add(wording(column))
    return {name: worded for name, worded in wordings.items() if len(worded) > 1}


def test_a_column_name_has_one_type_meaning_and_unit() -> None:
    assert second_wordings(columns()) == {}


@pytest.mark.parametrize("other", [Money("Sales."), Count(SHARED["net_sales"].meaning)], ids=["meaning", "type and unit"])
def test_a_second_wording_is_found(other: Column) -> None:
    of_own = ("a_new_table", Column(other.kind, other.meaning, unit=other.unit, name="net_sales"))
    assert list(second_wordings([*columns(), of_own])) == ["net_sales"]


def test_a_shared_meaning_is_defined_in_the_vocabulary() -> None:
    tables: dict[WORDED, list[str]] = {}
    for table, column in columns():
        if not column.name.startswith("source_") and not table.endswith("_fit"):
            tables.setdefault(wording(column), []).append(f"{table}.{column.name}")
    worded = {wording(column) for column in SHARED.values()}
    assert {text: where for text, where in tables.items() if len(where) > 1 and text not in worded} == {}


def test_every_word_of_the_vocabulary_is_used() -> None:
    used = {wording(column) for _, column in columns()}
    assert [name for name, column in SHARED.items() if wording(column) not in used] == []


def test_every_listed_homonym_has_several_wordings() -> None:
    """A name on the list has several wordings, and a table that differs has a wording of its own."""
    found = columns()
    for homonym in vocabulary.HOMONYMS:
        table, _, name = homonym.rpartition(".")
        if name == "*":
            assert any(one == table for one, _ in found)
            continue
        own = {wording(column) for one, column in found if column.name == name and table in ("", one)}
        others = {wording(column) for one, column in found if column.name == name and one != table}
        assert len(own | others) > 1, homonym


def test_another_constraint_leaves_type_meaning_and_unit() -> None:
    column = vocabulary.payments.replace(nullable=True, at_least=0)
    assert wording(column) == wording(vocabulary.payments)
    assert (column.nullable, column.at_least, vocabulary.payments.nullable) == (True, 0, False)
