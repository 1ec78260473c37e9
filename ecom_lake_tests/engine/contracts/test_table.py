"""Errors in a contract: each is reported in one sentence with the file and the line, before anything is built."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from ecom_lake.engine.contracts.columns import Count, Integer, Key, Money, Month, Number, Share, Text
from ecom_lake.engine.contracts.definition_error import DefinitionError
from ecom_lake.engine.contracts.table import Gold, NarrowInput
from ecom_lake.errors import UserError


def gold(grain: str = "One row per thing.", **columns: Any) -> type:
    return type("Thing", (Gold,), {"__doc__": grain, **columns})


def key() -> Any:
    return Key("The thing.", personal=False)


@pytest.mark.parametrize("name", ["rules", "identities", "needs", "table"])
def test_a_column_cannot_have_the_name_of_a_contract_attribute(name: str) -> None:
    with pytest.raises(DefinitionError, match=f"Thing has a column called {name}"):
        columns: dict[str, Any] = {name: Text("Something.", personal=False)}
        gold(thing=key(), **columns)


def test_an_unknown_argument_of_a_column_is_an_error_with_a_suggestion_and_the_line() -> None:
    frame = inspect.currentframe()
    assert frame is not None
    with pytest.raises(DefinitionError) as error:
        Integer("Age.", at_leats=1)  # type: ignore[call-arg]
    line = frame.f_lineno - 1
    assert str(error.value) == f"{__file__}:{line}: A column has no 'at_leats'; did you mean at_least?"
    with pytest.raises(DefinitionError, match="has no 'zzz'; it may have key, nullable, at_least"):
        Integer("Age.", zzz=1)  # type: ignore[call-arg]


def test_a_contract_needs_a_key_and_a_grain() -> None:
    assert gold(thing=key(), orders=Count("Orders.")).table.key == ("thing",)  # type: ignore[attr-defined]
    with pytest.raises(DefinitionError, match=r"Thing has no key: mark the columns that make a row unique"):
        gold(orders=Count("Orders."))
    with pytest.raises(DefinitionError, match="Thing has no docstring: state its grain in one sentence"):
        gold(grain="", thing=key())


def test_a_key_is_never_nullable() -> None:
    with pytest.raises(DefinitionError, match="A key column cannot be nullable"):
        Key("The thing.", nullable=True)


def test_a_shared_column_can_be_reused_with_other_constraints_and_another_name() -> None:
    shared = Money("Sales.", nullable=True)
    first = gold(thing=key(), sales=shared).table.columns["sales"]  # type: ignore[attr-defined]
    other = gold(sales=shared.replace(key=True), turnover=shared).table.columns  # type: ignore[attr-defined]
    assert (first.name, first.nullable, first.key) == ("sales", True, False)
    assert (other["sales"].key, other["sales"].nullable, other["sales"].unit) == (True, False, "money")
    assert (other["turnover"].name, shared.name) == ("turnover", "")
    with pytest.raises(DefinitionError, match="A column has no 'unit'"):
        shared.replace(unit="days")  # type: ignore[call-arg]


@pytest.mark.parametrize("column", ["thing", "sales"])
def test_only_a_column_with_numbers_is_additive(column: str) -> None:
    with pytest.raises(DefinitionError, match=f"Thing states that {column} is additive, which is not a column with numbers"):
        gold(thing=key(), orders=Count("Orders."), additive=("orders", column))


def test_the_unit_of_a_column_is_not_part_of_the_fingerprint() -> None:
    assert repr(Number("Lead time.", unit="days")) == repr(Number("Lead time."))
    assert [Money("It.").unit, Count("It.").unit, Share("It.").unit, Integer("It.").unit] == ["money", "count", "share", None]


def test_a_definition_error_is_a_user_error() -> None:
    assert issubclass(DefinitionError, UserError)


def test_a_monthly_table_has_a_month_and_only_it_has_narrow_inputs() -> None:
    with pytest.raises(DefinitionError, match=r"NoMonth is monthly and has no column month: add month = vocabulary.month"):

        class NoMonth(Gold, monthly=True):
            """One row per thing."""

            thing = Key("The thing.")

    with pytest.raises(DefinitionError, match="NotMonthly has narrow_inputs, which only a monthly table has"):

        class NotMonthly(Gold):
            """One row per thing."""

            thing = Key("The thing.")
            narrow_inputs = (NarrowInput("dim_product", ("brand",)),)

    with pytest.raises(DefinitionError, match="Other is monthly, so it cannot be built together with thing"):

        class Other(Gold, monthly=True, beside="thing"):
            """One row per thing."""

            thing = Key("The thing.")
            month = Month("The month.")
