"""Running the Python function that makes a gold table: `build` for one table, `fit` for a model and its tables."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import duckdb
import polars as pl

from ecom_lake.engine.contracts.fitted import FitSettings, Fitted, Past, fit_rows

Made = duckdb.DuckDBPyRelation | pl.DataFrame


def build(module: str, con: duckdb.DuckDBPyConnection, settings: FitSettings) -> Made:
    made: Made = importlib.import_module(module).build(con, settings)
    return made


def fit(module: str, fit_table: str, con: duckdb.DuckDBPyConnection, settings: FitSettings, past: Past) -> Mapping[str, Made]:
    """The tables of a model and the table of its fit; `past` is the last fit."""
    model = importlib.import_module(module)
    fitted: Fitted = model.fit(con, settings, past)
    return {**fitted.tables, fit_table: fit_rows(fitted, past, model.VERSION, settings)}
