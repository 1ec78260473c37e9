"""The real Olist files as bronze tables, where the files are available."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.contracts.delivered import Delivered
from ecom_lake.shop.connectors.olist import OLIST


@pytest.fixture(scope="session")
def bronze(olist: Path) -> dict[str, pl.DataFrame]:
    """Every delivered table by name, one delivery each, numbered in the connector's order."""
    return {delivered.name: _read(olist, delivered, number) for number, delivered in enumerate(OLIST.delivered, 1)}


def _read(folder: Path, delivered: Delivered, number: int) -> pl.DataFrame:
    path = next(path for path in sorted(folder.glob("*.csv")) if path.stem in delivered.file_names)
    rows = pl.read_csv(path, infer_schema=False).select(delivered.columns)
    return rows.with_columns(source_sequence=pl.lit(number, pl.Int64), source_record=pl.int_range(1, pl.len() + 1))
