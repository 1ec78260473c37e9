"""The kinds of column that a contract is written in.

Here: what a column promises (type, meaning, range) and how each engine spells its type.
Not here: tables (table.py), and anything that reads data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl


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
            raise ValueError("a key column cannot be nullable")


def Text(meaning: str, **promises: Any) -> Column:
    return Column(TEXT, meaning, **promises)


def Key(meaning: str, **promises: Any) -> Column:
    return Column(TEXT, meaning, key=True, **promises)


def Integer(meaning: str, **promises: Any) -> Column:
    return Column(INTEGER, meaning, **promises)


def Count(meaning: str, **promises: Any) -> Column:
    return Column(INTEGER, meaning, **{"at_least": 0, **promises})


def Money(meaning: str, **promises: Any) -> Column:
    return Column(MONEY, meaning, **promises)


def Price(meaning: str, **promises: Any) -> Column:
    return Column(PRICE, meaning, **promises)


def Number(meaning: str, **promises: Any) -> Column:
    return Column(NUMBER, meaning, **promises)


def Share(meaning: str, **promises: Any) -> Column:
    return Column(NUMBER, meaning, **{"at_least": 0, "at_most": 1, **promises})


def Flag(meaning: str, **promises: Any) -> Column:
    return Column(FLAG, meaning, **promises)


def Date(meaning: str, **promises: Any) -> Column:
    return Column(DATE, meaning, **promises)


def Month(meaning: str, **promises: Any) -> Column:
    return Column(DATE, meaning, first_of_month=True, **promises)


def Timestamp(meaning: str, **promises: Any) -> Column:
    return Column(TIMESTAMP, meaning, **promises)
