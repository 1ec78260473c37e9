"""Parsing text into the types of contracts: which spellings each type accepts.

Here: per type a fast parser for the spelling of nearly all values, and a slower one for the others. White space around a value
is ignored, an empty text is null, and an ambiguous text is unreadable: `1,234` is not a number.
Not here: what happens to a row with an unreadable value (conform.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import polars as pl

from ecom_lake.engine.contracts.columns import DATE, FLAG, INTEGER, MONEY, NUMBER, PRICE, TEXT, TIMESTAMP, Type

Step = Callable[[pl.Expr], pl.Expr]


@dataclass(frozen=True)
class Parser:
    """How one type is parsed. Polars' own parser is lenient (`1e3`, `2017-1-5`, second 60), so it gets checked spellings only."""

    common: Step
    """Parses the spelling of nearly all values; null for every other one."""
    others: Step
    """Parses the other accepted spellings, from a trimmed text."""


def read(texts: pl.Series, kind: Type) -> pl.Series:
    """The values of texts: null where a text is null, empty or unreadable."""
    if kind == TEXT:
        return _apply(_trimmed, texts)
    parser = _PARSERS[kind.name]
    values = _apply(parser.common, texts)
    if values.null_count() == texts.null_count():
        return values
    missed = (values.is_null() & texts.is_not_null()).arg_true()
    return values.scatter(missed, _apply(lambda text: parser.others(_trimmed(text)), texts.gather(missed)))


def reading(column: str, kind: Type) -> pl.Expr:
    """`read` as an expression, for lazy frames."""
    return pl.col(column).map_batches(partial(read, kind=kind), return_dtype=kind.polars, is_elementwise=True)


def _apply(step: Step, texts: pl.Series) -> pl.Series:
    return texts.to_frame().select(step(pl.col(texts.name))).to_series()


def _trimmed(text: pl.Expr) -> pl.Expr:
    trimmed = text.str.strip_chars()
    return pl.when(trimmed != "").then(trimmed)


def _where(text: pl.Expr, pattern: str) -> pl.Expr:
    return pl.when(text.str.contains(pattern)).then(text)


def _with_point(text: pl.Expr) -> pl.Expr:
    """A comma before one or two final digits is a decimal comma; before three it may separate thousands, and is left."""
    return text.str.replace(r"^([+-]?[0-9]+),([0-9]{1,2})$", "$1.$2")


_DECIMAL = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"


def _decimal(kind: Type, scale: int) -> Parser:
    def exact(text: pl.Expr) -> pl.Expr:
        # One digit more than the type keeps decides the rounding; a plain cast would round halves to even.
        longer = text.cast(pl.Decimal(38, scale + 1), strict=False)
        return longer.round(scale, mode="half_away_from_zero").cast(kind.polars, strict=False)

    def plain(text: pl.Expr) -> pl.Expr:
        return exact(_where(text, rf"^-?[0-9]+(?:\.[0-9]{{1,{scale + 1}}})?$"))

    def others(text: pl.Expr) -> pl.Expr:
        number = _where(_with_point(text), f"^{_DECIMAL}$")
        return exact(number.str.replace(rf"(\.[0-9]{{{scale + 1}}})[0-9]*$", "$1"))

    return Parser(plain, others)


def _integer() -> Parser:
    def plain(text: pl.Expr) -> pl.Expr:
        return text.cast(INTEGER.polars, strict=False)

    def others(text: pl.Expr) -> pl.Expr:
        return plain(_where(_with_point(text), r"^[+-]?[0-9]+(?:\.0*)?$").str.replace(r"\.0*$", ""))

    return Parser(plain, others)


def _number() -> Parser:
    def plain(text: pl.Expr) -> pl.Expr:
        value = text.cast(NUMBER.polars, strict=False)
        return pl.when(value.is_finite()).then(value)

    return Parser(plain, others=lambda text: plain(_with_point(text)))


_DAY = "(?:19[7-9][0-9]|20[0-9]{2}|2100)-[0-9]{2}-[0-9]{2}"
_MINUTE = "[0-9]{2}:[0-9]{2}"
_SECOND = "[0-5][0-9]"


def _timestamp() -> Parser:
    def to_the_second(text: pl.Expr) -> pl.Expr:
        return text.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False, cache=False)

    def plain(text: pl.Expr) -> pl.Expr:
        return to_the_second(_where(text, f"^{_DAY} {_MINUTE}:{_SECOND}$"))

    def others(text: pl.Expr) -> pl.Expr:
        # A time zone is not accepted here: shop_time.py converts zoned times before.
        known = _where(text, rf"^{_DAY}(?:[ T]{_MINUTE}(?::{_SECOND}(?:\.[0-9]+)?)?)?$")
        ending = known.str.len_chars().replace_strict({10: " 00:00:00", 16: ":00"}, default="")
        second = to_the_second(known.str.head(19).str.replace("T", " ", literal=True) + ending)
        return second + pl.duration(microseconds=known.str.slice(20, 6).str.pad_end(6, "0").cast(pl.Int64))

    return Parser(plain, others)


def _date() -> Parser:
    def to_the_day(text: pl.Expr) -> pl.Expr:
        return text.str.to_date("%Y-%m-%d", strict=False)

    def others(text: pl.Expr) -> pl.Expr:
        return to_the_day(text.str.extract(rf"^({_DAY})(?:[ T]00:00(?::00(?:\.0+)?)?)?$"))

    return Parser(common=lambda text: to_the_day(_where(text, f"^{_DAY}$")), others=others)


def _flag() -> Parser:
    truths = dict.fromkeys(("true", "t", "yes", "y", "1"), True) | dict.fromkeys(("false", "f", "no", "n", "0"), False)

    def plain(text: pl.Expr) -> pl.Expr:
        return text.replace_strict(truths, default=None, return_dtype=FLAG.polars)

    return Parser(plain, others=lambda text: plain(text.str.to_lowercase()))


_PARSERS = {
    INTEGER.name: _integer(),
    MONEY.name: _decimal(MONEY, 2),
    PRICE.name: _decimal(PRICE, 4),
    NUMBER.name: _number(),
    FLAG.name: _flag(),
    DATE.name: _date(),
    TIMESTAMP.name: _timestamp(),
}
