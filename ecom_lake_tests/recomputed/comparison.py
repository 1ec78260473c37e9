"""Compares a gold table with its recomputation: every row and value, money to the cent, other fractions to 1e-9."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
import polars as pl

TOLERANCE = 1e-9
_SHOWN = 3


def differences(gold: pl.DataFrame, expected: pd.DataFrame, key: Sequence[str]) -> list[str]:
    """A sentence for each column that differs, with the first rows that do; empty where all values are equal."""
    both = set(gold.columns) & set(expected.columns)
    computed = in_types_of(gold.select(sorted(both)), expected)
    delivered = gold.with_columns(
        (pl.col(name) * 10**kind.scale).cast(pl.Int64) for name, kind in gold.schema.items() if isinstance(kind, pl.Decimal)
    )
    missing = computed.join(delivered, on=list(key), how="anti", nulls_equal=True)
    additional = delivered.join(computed, on=list(key), how="anti", nulls_equal=True)
    rows = [
        f"{len(found)} rows {what}, such as {found.select(key).row(0)}"
        for what, found in (("are missing", missing), ("should not exist", additional))
        if len(found)
    ]
    paired = delivered.join(computed, on=list(key), how="inner", nulls_equal=True, suffix=" recomputed", validate="1:1")
    return [*rows, *(found for column in sorted(both - set(key)) for found in _of_column(paired, column, key))]


def _of_column(paired: pl.DataFrame, column: str, key: Sequence[str]) -> Iterator[str]:
    found, expected = pl.col(column), pl.col(f"{column} recomputed")
    if paired.schema[column].is_float():
        limit = TOLERANCE * pl.max_horizontal(expected.abs(), pl.lit(1.0))
        differs = ((found - expected).abs() > limit).fill_null(True) & ~(found.is_null() & expected.is_null())
    else:
        differs = found.ne_missing(expected)
    wrong = paired.filter(differs).select(*key, column, f"{column} recomputed")
    if len(wrong):
        yield f"{column}: {len(wrong)} of {len(paired)} rows differ (key, gold, recomputed): {wrong.head(_SHOWN).rows()}"


def in_types_of(gold: pl.DataFrame, expected: pd.DataFrame) -> pl.DataFrame:
    """The recomputed columns with the types of gold; decimals as integers of their smallest unit."""
    columns = {}
    for name, kind in gold.schema.items():
        wanted = pl.Int64() if isinstance(kind, pl.Decimal) else kind
        values = [None if pd.isna(value) else value for value in expected[name].tolist()]
        if wanted == pl.Date or isinstance(wanted, pl.Datetime):
            values = [None if value is None else value.to_pydatetime() for value in values]
            columns[name] = pl.Series(name, values, dtype=pl.Datetime("us")).cast(wanted)
        elif wanted.is_integer():
            assert all(value is None or value == int(value) for value in values), f"{name} is not whole"
            columns[name] = pl.Series(name, [None if value is None else int(value) for value in values], dtype=wanted)
        elif wanted == pl.Boolean:
            columns[name] = pl.Series(name, [None if value is None else bool(value) for value in values], dtype=wanted)
        else:
            columns[name] = pl.Series(name, values, dtype=wanted, strict=False)
    return pl.DataFrame(columns)
