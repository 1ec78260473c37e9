"""Values as they are compared between engines: doubles by their bits, so that 0.0 is not -0.0, and NaN equals itself."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl


def bits(rows: pl.DataFrame) -> pl.DataFrame:
    doubles = [name for name, kind in rows.schema.items() if kind == pl.Float64]
    return rows.with_columns(pl.col(doubles).fill_nan(float("nan")).reinterpret(dtype=pl.UInt64))


def value_hash(files: Sequence[Path]) -> str:
    """A hash of the columns and rows of a table, whatever their order and the number of its files."""
    rows = bits(pl.read_parquet(list(files), glob=False))
    columns = sorted(rows.columns)
    hashes = rows.select(columns).hash_rows(seed=1).sort()
    return hashlib.blake2b(f"{[(c, rows.schema[c]) for c in columns]}{hashes.to_list()}".encode(), digest_size=16).hexdigest()
