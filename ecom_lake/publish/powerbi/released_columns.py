"""Which columns a release has values in. A column of NULLs is one that the shop does not know, and is left out of the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow.parquet as pq

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry


def released_columns(site: Site, entry: Entry, tables: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """By gold table, the columns with a value; tables without rows are not there. Only the footers of the files are read."""
    found = {}
    for table in tables:
        files = entry.parts(TableId("gold", table)).values()
        columns = {column for file in files for column in _with_values(pq.read_metadata(site.lake.local(file)))}
        if columns:
            found[table] = frozenset(columns)
    return found


def _with_values(footer: pq.FileMetaData) -> Iterable[str]:
    for group in (footer.row_group(number) for number in range(footer.num_row_groups)):
        for column in (group.column(number) for number in range(group.num_columns)):
            known = column.statistics
            if group.num_rows and not (known and known.has_null_count and known.null_count == group.num_rows):
                yield column.path_in_schema
