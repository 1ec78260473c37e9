"""Delivered rows written by hand: every column that an Olist file may have, null where a test does not care."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from ecom_lake.connectors.connector import Merged, RowByRow
from ecom_lake.connectors.olist import OLIST
from ecom_lake.contracts.conform import Conformed, conform

SPECS = {spec.contract.name: spec for spec in (OLIST.orders, *OLIST.lines, *OLIST.dimensions)}
DELIVERED = {delivered.name: delivered for delivered in OLIST.delivered}


def delivered(source: str, *rows: Mapping[str, Any], sequence: int = 1) -> pl.DataFrame:
    """Rows of one delivery in the order given; a row that names its own `source_sequence` or `source_record` keeps it."""
    schema = dict.fromkeys(DELIVERED[source].columns, pl.String()) | {"source_sequence": pl.Int64(), "source_record": pl.Int64()}
    full = [{"source_sequence": sequence, "source_record": n, **row} for n, row in enumerate(rows, 1)]
    return pl.DataFrame(full, schema=schema)


def silver(table: str, rows: pl.DataFrame, **lookups: pl.DataFrame) -> Conformed:
    """The rows shaped and held against their contract; what the connector looks up and a test does not give is empty."""
    spec = SPECS[table]
    assert isinstance(spec, RowByRow)
    shaped = spec.shape(rows, {lookup.source: lookups.get(lookup.source, delivered(lookup.source)) for lookup in spec.lookups})
    if spec.contract.monthly:
        shaped = shaped.with_columns(month=pl.date(2017, 10, 1))
    return conform(shaped, spec.contract)


def one(table: str, row: Mapping[str, Any], **lookups: pl.DataFrame) -> dict[str, Any]:
    """What becomes of one good delivered row."""
    conformed = silver(table, delivered(SPECS[table].source, row), **lookups)
    assert conformed.bad.is_empty(), conformed.bad
    return conformed.good.row(0, named=True)


def fates_of(merged: Merged) -> set[tuple[int, str, int]]:
    return set(merged.fates.select("source_sequence", "fate", "rows").iter_rows())


def accounted(merged: Merged) -> int:
    """The delivered rows that a merge has spoken for."""
    return merged.rows.height + int(merged.fates["rows"].sum()) + merged.refused.height
