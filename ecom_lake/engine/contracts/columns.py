"""The kinds of column that a contract is written in.

Here: what a column promises (type, meaning, range) and how each engine spells its type.
Not here: tables (table.py), and anything that reads data.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any, TypedDict, Unpack

import polars as pl

from ecom_lake.engine.contracts.definition_error import DefinitionError


@dataclass(frozen=True)
class Type:
    """One logical type, as each engine spells it."""

    name: str
    polars: pl.DataType
    duckdb: str


TEXT = Type("text", pl.String(), "VARCHAR")
INTEGER = Type("integer", pl.Int64(), "BIGINT")
MONEY = Type("money", pl.Decimal(18, 2), "DECIMAL(18,2)")
PRICE = Type("price", pl.Decimal(18, 4), "DECIMAL(18,4)")
NUMBER = Type("number", pl.Float64(), "DOUBLE")
FLAG = Type("flag", pl.Boolean(), "BOOLEAN")
DATE = Type("date", pl.Date(), "DATE")
TIMESTAMP = Type("timestamp", pl.Datetime("us"), "TIMESTAMP")


MOST_AT_ONCE = 1_000_000_000
"""The most that one price, amount or quantity of silver may be: what is beyond it is a slip, and could overflow every sum."""


@dataclass(frozen=True)
class Column:
    """What one column promises. Its name is the attribute that it is assigned to."""

    kind: Type
    meaning: str
    key: bool = False
    nullable: bool = False
    at_least: int | float | None = None
    at_most: int | float | None = None
    one_of: tuple[str, ...] = ()
    first_of_month: bool = False
    personal: bool | None = field(default=None, repr=False)
    """Whether its values are personal; where it does not say so itself, its name decides (personal.py).
    Not in the repr, of which fingerprints are made: no file of data depends on it."""
    name: str = field(default="", compare=False)

    def __set_name__(self, owner: type, name: str) -> None:
        object.__setattr__(self, "name", name)

    def __post_init__(self) -> None:
        if self.key and self.nullable:
            raise DefinitionError("A key column cannot be nullable: remove key=True or nullable=True.")


class Promises(TypedDict, total=False):
    """What a column may promise beside its type and its meaning; see `Column`."""

    key: bool
    nullable: bool
    at_least: int | float
    at_most: int | float
    one_of: tuple[str, ...]
    personal: bool


def _column(kind: Type, meaning: str, promises: Promises, **fixed: Any) -> Column:
    known = list(Promises.__annotations__)
    for name in promises:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"it may have {', '.join(known)}."
            raise DefinitionError(f"A column has no '{name}'; {hint}")
    return Column(kind, meaning, **{**fixed, **promises})


def Text(meaning: str, **promises: Unpack[Promises]) -> Column:
    return _column(TEXT, meaning, promises)


def Key(meaning: str, **promises: Unpack[Promises]) -> Column:
    return _column(TEXT, meaning, promises, key=True)


def Integer(meaning: str, **promises: Unpack[Promises]) -> Column:
    return _column(INTEGER, meaning, promises)


def Count(meaning: str, **promises: Unpack[Promises]) -> Column:
    return _column(INTEGER, meaning, promises, at_least=0)


def Money(meaning: str, **promises: Unpack[Promises]) -> Column:
    return _column(MONEY, meaning, promises)


def Price(meaning: str, **promises: Unpack[Promises]) -> Column:
    return _column(PRICE, meaning, promises)


def Number(meaning: str, **promises: Unpack[Promises]) -> Column:
    return _column(NUMBER, meaning, promises)


def Share(meaning: str, **promises: Unpack[Promises]) -> Column:
    return _column(NUMBER, meaning, promises, at_least=0, at_most=1)


def Flag(meaning: str, **promises: Unpack[Promises]) -> Column:
    return _column(FLAG, meaning, promises)


def Date(meaning: str, **promises: Unpack[Promises]) -> Column:
    return _column(DATE, meaning, promises)


def Month(meaning: str, **promises: Unpack[Promises]) -> Column:
    return _column(DATE, meaning, promises, first_of_month=True)


def Timestamp(meaning: str, **promises: Unpack[Promises]) -> Column:
    return _column(TIMESTAMP, meaning, promises)
