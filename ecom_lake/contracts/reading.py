"""From text to the types that contracts are written in: what each type takes for one of its own, and nothing else.

Here: per type the plain spelling that nearly all values have, and how the other spellings it takes become plain. White space
around a value does not count, an empty text is null, and what has two possible readings has none: `1,234` is no number here.
Not here: what becomes of a row with an unreadable value (conform.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import polars as pl

from ecom_lake.contracts.columns import DATE, FLAG, INTEGER, MONEY, NUMBER, PRICE, TEXT, TIMESTAMP, Type

Step = Callable[[pl.Expr], pl.Expr]


@dataclass(frozen=True)
class Way:
    """How one type is read. Polars' own parsers are lenient (`1e3`, `2017-1-5`, second 60): only proven spellings reach them."""

    plain: str
    """A pattern of the texts that `parse` reads right as they are."""
    parse: Step
    parse_others: Step
    """The slower way, for trimmed texts that are not plain."""


def read(texts: pl.Series, kind: Type) -> pl.Series:
    """The values of texts: null where a text is null, empty or unreadable."""
    if kind == TEXT:
        return _apply(_trimmed, texts)
    way = _WAYS[kind.name]
    is_plain = texts.str.contains(way.plain)
    if is_plain.all():
        return _apply(way.parse, texts)
    others = (~is_plain).fill_null(False).arg_true()
    values = _apply(way.parse, texts.clone().scatter(others, None))
    return values.scatter(others, _apply(lambda text: way.parse_others(_trimmed(text)), texts.gather(others)))


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
    """A comma before one or two last digits can only be a decimal comma; before three it may stand for thousands."""
    return text.str.replace(r"^([+-]?[0-9]+),([0-9]{1,2})$", "$1.$2")


_DECIMAL = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"


def _decimal(kind: Type, scale: int) -> Way:
    def parse(text: pl.Expr) -> pl.Expr:
        # One digit more than the type keeps decides the rounding; a plain cast would round halves to even.
        exact = text.cast(pl.Decimal(38, scale + 1), strict=False)
        return exact.round(scale, mode="half_away_from_zero").cast(kind.polars, strict=False)

    def parse_others(text: pl.Expr) -> pl.Expr:
        number = _where(_with_point(text), f"^{_DECIMAL}$")
        return parse(number.str.replace(rf"(\.[0-9]{{{scale + 1}}})[0-9]*$", "$1"))

    return Way(rf"^-?[0-9]+(?:\.[0-9]{{1,{scale + 1}}})?$", parse, parse_others)


def _integer() -> Way:
    def parse(text: pl.Expr) -> pl.Expr:
        return text.cast(INTEGER.polars, strict=False)

    def parse_others(text: pl.Expr) -> pl.Expr:
        return parse(_where(_with_point(text), r"^[+-]?[0-9]+(?:\.0*)?$").str.replace(r"\.0*$", ""))

    return Way(r"^-?[0-9]+$", parse, parse_others)


def _number() -> Way:
    def parse(text: pl.Expr) -> pl.Expr:
        value = text.cast(NUMBER.polars, strict=False)
        return pl.when(value.is_finite()).then(value)

    def parse_others(text: pl.Expr) -> pl.Expr:
        return parse(_where(_with_point(text), f"^{_DECIMAL}(?:[eE][+-]?[0-9]+)?$"))

    return Way(r"^-?[0-9]+(?:\.[0-9]+)?$", parse, parse_others)


_DAY = "(?:19[7-9][0-9]|20[0-9]{2}|2100)-[0-9]{2}-[0-9]{2}"
_MINUTE = "[0-9]{2}:[0-9]{2}"
_SECOND = "[0-5][0-9]"


def _timestamp() -> Way:
    def parse(text: pl.Expr) -> pl.Expr:
        return text.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False, cache=False)

    def parse_others(text: pl.Expr) -> pl.Expr:
        # A zone behind the time is refused with all the rest: whose time it was is not ours to guess.
        known = _where(text, rf"^{_DAY}(?:[ T]{_MINUTE}(?::{_SECOND}(?:\.[0-9]+)?)?)?$")
        second = known.str.head(19).str.replace("T", " ", literal=True) + known.str.len_chars().replace_strict(
            {10: " 00:00:00", 16: ":00"}, default=""
        )
        microseconds = known.str.slice(20, 6).str.pad_end(6, "0").cast(pl.Int64)
        return parse(second) + pl.duration(microseconds=microseconds)

    return Way(rf"^{_DAY} {_MINUTE}:{_SECOND}$", parse, parse_others)


def _date() -> Way:
    def parse(text: pl.Expr) -> pl.Expr:
        return text.str.to_date("%Y-%m-%d", strict=False)

    def parse_others(text: pl.Expr) -> pl.Expr:
        return parse(text.str.extract(rf"^({_DAY})[ T]00:00(?::00(?:\.0+)?)?$"))

    return Way(f"^{_DAY}$", parse, parse_others)


def _flag() -> Way:
    truths = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

    def parse(text: pl.Expr) -> pl.Expr:
        return text.replace_strict(truths, default=None, return_dtype=FLAG.polars)

    def parse_others(text: pl.Expr) -> pl.Expr:
        return parse(text.str.to_lowercase())

    return Way(f"^(?:{'|'.join(truths)})$", parse, parse_others)


_WAYS = {
    INTEGER.name: _integer(),
    MONEY.name: _decimal(MONEY, 2),
    PRICE.name: _decimal(PRICE, 4),
    NUMBER.name: _number(),
    FLAG.name: _flag(),
    DATE.name: _date(),
    TIMESTAMP.name: _timestamp(),
}
