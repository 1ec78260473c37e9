"""Columns of the delivered files that repeat another column, so that a person can drop them from the export.

Here: which rows are compared. Not here: how columns are compared (engine/mapping/draft/redundant.py).
"""

from __future__ import annotations

from ecom_lake.engine.build.bronze.delivered_rows import latest_records
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.mapping.draft.profile import profile_kind
from ecom_lake.engine.mapping.draft.redundant import Redundant, redundant_columns
from ecom_lake.engine.store.entry import Entry

MOST_ROWS = 200_000
"""The latest rows of a table that are compared; they are in memory as text."""


def repeated_columns(site: Site, entry: Entry, most: int = MOST_ROWS) -> dict[str, list[Redundant]]:
    """By delivered table, those with such columns only."""
    found = {}
    for table in sorted(table for table in entry.tables if table.layer == "bronze"):
        rows = latest_records(site, entry, table, most)
        own = {column: column for column in rows.columns}
        found[table.name] = redundant_columns(profile_kind(table.name, (), rows, own).frame)
    return {table: columns for table, columns in found.items() if columns}
