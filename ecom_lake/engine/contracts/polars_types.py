"""The Polars type of each logical type (columns.py)."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

POLARS: Mapping[str, pl.DataType] = {
    "text": pl.String(),
    "integer": pl.Int64(),
    "money": pl.Decimal(18, 2),
    "price": pl.Decimal(18, 4),
    "number": pl.Float64(),
    "flag": pl.Boolean(),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us"),
}
