"""The kinds of column that a contract is written in.

Here: a column's type, meaning, unit and constraints, and the type's name in each engine.
Not here: tables (table.py), and anything that reads data.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from ecom_lake.engine.contracts.definition_error import DefinitionError

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Type:
    """One logical type, as each engine spells it."""

    name: str
    duckdb: str
    is_numeric: bool = False

    @property
    def polars(self) -> pl.DataType:
        """Polars is imported here, and not with the contracts: commands that read no data do not wait for it."""
        from ecom_lake.engine.contracts.polars_types import POLARS

        return POLARS[self.name]


TEXT = Type("text", "VARCHAR")
INTEGER = Type("integer", "BIGINT", is_numeric=True)
MONEY = Type("money", "DECIMAL(18,2)", is_numeric=True)
PRICE = Type("price", "DECIMAL(18,4)", is_numeric=True)
NUMBER = Type("number", "DOUBLE", is_numeric=True)
FLAG = Type("flag", "BOOLEAN")
DATE = Type("date", "DATE")
TIMESTAMP = Type("timestamp", "TIMESTAMP")


MOST_AT_ONCE = 1_000_000_000
"""Upper bound of one price, amount or quantity in silver: a larger value is a typing error, and could overflow every sum."""

Unit = Literal["count", "money", "share", "growth", "ratio", "days", "hours", "score", "points"]
"""The unit of a number, which decides how a page shows it: a share as a percentage, a growth as a percentage with its sign."""


@dataclass(frozen=True)
class Column:
    """One column of a contract. Its name is the name of the attribute that it is assigned to."""

    kind: Type
    meaning: str
    key: bool = False
    nullable: bool = False
    at_least: int | float | None = None
    at_most: int | float | None = None
    one_of: tuple[str, ...] = ()
    first_of_month: bool = False
    personal: bool | None = field(default=None, repr=False)
    """Whether its values are personal; None means that its name decides (personal.py).
    Not in the repr, which fingerprints are made of: no data file depends on it."""
    unit: Unit | None = field(default=None, repr=False)
    """None for texts, dates, flags and numbers without a unit. Not in the repr either."""
    name: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.key and self.nullable:
            raise DefinitionError("A key column cannot be nullable: remove key=True or nullable=True.")

    def replace(self, **constraints: Unpack[Constraints]) -> Column:
        """The same type, meaning and unit with other constraints. With `key=True` the column is no longer nullable."""
        _refuse_unknown(constraints, Constraints)
        if constraints.get("key"):
            constraints.setdefault("nullable", False)
        return replace(self, **constraints)


class Constraints(TypedDict, total=False):
    """The constraints that may differ between two tables with the same column; see `Column`."""

    key: bool
    nullable: bool
    at_least: int | float
    at_most: int | float
    one_of: tuple[str, ...]
    personal: bool


class Options(Constraints, total=False):
    """The options of a column, in addition to its type and meaning."""

    unit: Unit | None


def _refuse_unknown(given: Iterable[str], options: type[Constraints]) -> None:
    known = list(options.__annotations__)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"it may have {', '.join(known)}."
            raise DefinitionError(f"A column has no '{name}'; {hint}")


def _column(kind: Type, meaning: str, options: Options, **fixed: Any) -> Column:
    _refuse_unknown(options, Options)
    return Column(kind, meaning, **{**fixed, **options})


def Text(meaning: str, **options: Unpack[Options]) -> Column:
    return _column(TEXT, meaning, options)


def Key(meaning: str, **options: Unpack[Options]) -> Column:
    return _column(TEXT, meaning, options, key=True)


def Integer(meaning: str, **options: Unpack[Options]) -> Column:
    return _column(INTEGER, meaning, options)


def Count(meaning: str, **options: Unpack[Options]) -> Column:
    return _column(INTEGER, meaning, options, at_least=0, unit="count")


def Money(meaning: str, **options: Unpack[Options]) -> Column:
    return _column(MONEY, meaning, options, unit="money")


def Price(meaning: str, **options: Unpack[Options]) -> Column:
    return _column(PRICE, meaning, options, unit="money")


def Number(meaning: str, **options: Unpack[Options]) -> Column:
    return _column(NUMBER, meaning, options)


def Share(meaning: str, **options: Unpack[Options]) -> Column:
    return _column(NUMBER, meaning, options, at_least=0, at_most=1, unit="share")


def Flag(meaning: str, **options: Unpack[Options]) -> Column:
    return _column(FLAG, meaning, options)


def Date(meaning: str, **options: Unpack[Options]) -> Column:
    return _column(DATE, meaning, options)


def Month(meaning: str, **options: Unpack[Options]) -> Column:
    return _column(DATE, meaning, options, first_of_month=True)


def Timestamp(meaning: str, **options: Unpack[Options]) -> Column:
    return _column(TIMESTAMP, meaning, options)
