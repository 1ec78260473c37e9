"""Reading a column of texts as numbers: which sign separates its decimals, and how many of its values are numbers.

One spelling per column: `1.234` is 1234 in a column that also has `12,50`, and 1.234 in a column that has `12.50`.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

_SIGN_OF_CURRENCY = r"^([+-]?)(?:[€$£¥]|R\$|US\$|USD|EUR|GBP|BRL)\s*"
_AFTER_NUMBER = r"\s*(?:[€$£¥%]|USD|EUR|GBP|BRL)$"
_PLAIN = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)$"
_WITH_COMMA = r"^[+-]?[0-9]+,[0-9]+$|^[+-]?[0-9]+$"
_GROUPED_BY_COMMA = r"^[+-]?[0-9]{1,3}(?:,[0-9]{3})*(?:\.[0-9]+)?$"
_GROUPED_BY_POINT = r"^[+-]?[0-9]{1,3}(?:\.[0-9]{3})*(?:,[0-9]+)?$"


@dataclass(frozen=True)
class Numbers:
    """How the numbers of a column are written, and their values."""

    values: pl.Series
    """As floats, for analysis only: null where the text is not a number."""
    decimal: str
    """`.` or `,`."""
    has_signs: bool
    """Whether a currency or percent sign, or a sign between thousands, must be removed before a cast."""
    unread: int
    """Texts that are not numbers."""

    @property
    def are_integers(self) -> bool:
        found = self.values.drop_nulls()
        return bool(len(found)) and bool((found == found.round(0)).all())


def read_numbers(texts: pl.Series) -> Numbers:
    """By the spelling that reads most values; a decimal point where several do."""
    bare = texts.str.replace(_SIGN_OF_CURRENCY, "${1}").str.replace(_AFTER_NUMBER, "").str.strip_chars()
    plain = _cast(bare, _PLAIN)
    filled = len(texts) - texts.null_count()
    if len(plain) - plain.null_count() == filled:
        return Numbers(plain, ".", not bool((bare == texts).all()), 0)
    spellings = (
        (plain, ".", False),
        (_cast(bare.str.replace(",", ".", literal=True), _PLAIN, bare.str.contains(_WITH_COMMA)), ",", False),
        (_cast(bare.str.replace_all(",", "", literal=True), _PLAIN, bare.str.contains(_GROUPED_BY_COMMA)), ".", True),
        (_swapped(bare), ",", True),
    )
    values, decimal, has_signs = min(spellings, key=lambda spelling: spelling[0].null_count())
    return Numbers(values, decimal, has_signs or not bool((bare == texts).all()), filled - (len(values) - values.null_count()))


def _swapped(texts: pl.Series) -> pl.Series:
    pointed = texts.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    return _cast(pointed, _PLAIN, texts.str.contains(_GROUPED_BY_POINT))


def _cast(texts: pl.Series, pattern: str, allowed: pl.Series | None = None) -> pl.Series:
    frame = pl.DataFrame({"text": texts, "allowed": texts.is_not_null() if allowed is None else allowed})
    is_number = pl.col("text").str.contains(pattern) & pl.col("allowed")
    return frame.select(pl.when(is_number).then("text").cast(pl.Float64, strict=False)).to_series()
