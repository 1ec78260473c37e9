"""The rows of a kind as a query sees them: every column trimmed, and NULL where it is empty or holds no value.

polars trims them before the query, in a tenth of the time that DuckDB takes for it. Not here: the lines that a column packs
(unfold.py), the query itself (compiled.py).
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.duckdb_engine import name
from ecom_lake.engine.mapping.definitions import Kind
from ecom_lake.engine.mapping.functions import WHITE_SPACE

MAPPED = "mapped rows"
"""The table with the rows that a facet maps: a lookup in the facet's own kind reads the rows of all deliveries instead."""


def table_of(kind: Kind) -> str:
    """The table with all rows of a kind, for lookups."""
    return f"rows of {kind.name}"


def stated_values(kind: Kind, columns: Collection[str], rows: pl.DataFrame) -> pl.DataFrame:
    """These columns of delivered rows of a kind as its table has them, and the lineage."""
    stated = pl.col(sorted(columns)).str.strip_chars(WHITE_SPACE).replace(["", *kind.null], None)
    return rows.select(stated, *LINEAGE) if columns else rows.select(LINEAGE)


def kind_rows(columns: Collection[str], table: str) -> str:
    """A query for these columns of the table of a kind and the lineage."""
    return f"select {', '.join([*map(name, sorted(columns)), *LINEAGE])} from {name(table)}"
