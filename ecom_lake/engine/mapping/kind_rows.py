"""The rows of a kind as a query sees them: every column trimmed, and NULL where it is empty or holds no value.

Not here: the rows themselves (run_facet.py registers them), the lines that a column packs (unfold.py).
"""

from __future__ import annotations

from collections.abc import Collection

from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.duckdb_engine import literal, name
from ecom_lake.engine.mapping.definitions import Kind

MAPPED = "mapped rows"
"""The table with the rows that a facet maps: a lookup in the facet's own kind reads the rows of all deliveries instead."""


def table_of(kind: Kind) -> str:
    """The table with all rows of a kind, for lookups."""
    return f"rows of {kind.name}"


def kind_rows(kind: Kind, columns: Collection[str], table: str | None = None) -> str:
    """A query for these columns of a kind and the lineage; `table`: the one of the kind if None."""
    given = [f"{_value(kind, column)} as {name(column)}" for column in sorted(columns)]
    return f"select {', '.join([*given, *LINEAGE])} from {name(table or table_of(kind))}"


def _value(kind: Kind, column: str) -> str:
    trimmed = f"stated({name(column)})"
    if not kind.null:
        return trimmed
    return f"case when {trimmed} not in ({', '.join(map(literal, kind.null))}) then {trimmed} end"
