"""Hand-written delivered rows: every column that a file may have, null where a test does not set it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from ecom_lake.engine.contracts.columns import TIMESTAMP
from ecom_lake.engine.contracts.conform import Conformed, conform
from ecom_lake.engine.contracts.connector import Connector, Merged, RowByRow
from ecom_lake.engine.contracts.reading import read
from ecom_lake.shop.connectors.olist import OLIST


class ByHand:
    """A connector applied to hand-written rows."""

    def __init__(self, connector: Connector) -> None:
        self.specs = {spec.contract.name: spec for spec in (connector.orders, *connector.lines, *connector.dimensions)}
        self._delivered = {delivered.name: delivered for delivered in connector.delivered}

    def delivered(self, source: str, *rows: Mapping[str, Any], sequence: int = 1) -> pl.DataFrame:
        """Rows of one delivery in the order given; a row that names its own `source_sequence` or `source_record` keeps it."""
        texts = dict.fromkeys(self._delivered[source].columns, pl.String())
        schema = texts | {"source_sequence": pl.Int64(), "source_record": pl.Int64()}
        full = [{"source_sequence": sequence, "source_record": n, **row} for n, row in enumerate(rows, 1)]
        return pl.DataFrame(full, schema=schema)

    def silver(self, table: str, rows: pl.DataFrame, **lookups: pl.DataFrame) -> Conformed:
        """The rows shaped and checked against their contract; a lookup table that a test does not give is empty."""
        spec = self.specs[table]
        assert isinstance(spec, RowByRow)
        known = {lookup.source: lookups.get(lookup.source, self.delivered(lookup.source)) for lookup in spec.lookups}
        shaped = spec.shape(rows, known)
        if spec.contract.monthly:
            shaped = shaped.with_columns(month=_month_of(shaped))
        return conform(shaped, spec.contract)

    def one(self, table: str, row: Mapping[str, Any], **lookups: pl.DataFrame) -> dict[str, Any]:
        """The silver row of one valid delivered row."""
        conformed = self.silver(table, self.delivered(self.specs[table].source, row), **lookups)
        assert conformed.bad.is_empty(), conformed.bad
        return conformed.good.row(0, named=True)


def _month_of(shaped: pl.DataFrame) -> pl.Expr:
    """The month of the order's date; October 2017 for all other rows and for orders without a readable date."""
    some_month = pl.date(2017, 10, 1)
    if "ordered_at" not in shaped.columns:
        return some_month
    ordered_at = shaped["ordered_at"] if shaped["ordered_at"].dtype.is_temporal() else read(shaped["ordered_at"], TIMESTAMP)
    return pl.lit(ordered_at.dt.date().dt.month_start()).fill_null(some_month)


_OLIST = ByHand(OLIST)
SPECS, delivered, silver, one = _OLIST.specs, _OLIST.delivered, _OLIST.silver, _OLIST.one


def fates_of(merged: Merged) -> set[tuple[int, str, int]]:
    return set(merged.fates.select("source_sequence", "fate", "rows").iter_rows())


def accounted(merged: Merged) -> int:
    """The number of delivered rows that a merge accounts for."""
    return merged.rows.height + int(merged.fates["rows"].sum()) + merged.refused.height
