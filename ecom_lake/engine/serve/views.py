"""What a SQL session over a release reads: the SQL of each view, and the local file of each URL in it.

Plain data, so that a session can be opened in another process. Not here: opening it (query.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.duckdb_engine import parquet
from ecom_lake.engine.store.entry import Entry, File

if TYPE_CHECKING:
    from ecom_lake.engine.build.shop_context import Site

LAYERS = ("gold", "silver", "mapped", "bronze", "quarantine", "rejects", "pending")
RELEASE = "release"
"""The scheme of the URLs by which a session reads the files of its release: release://_store/gold/rfm/….parquet."""


@dataclass(frozen=True)
class Views:
    sql: Mapping[TableId, str]
    """The query of each view, which reads URLs."""
    files: Mapping[str, Path]
    """The local file of each URL. A session can read no other file."""


def views(site: Site, entry: Entry, is_shown: Callable[[TableId], bool] = lambda table: True) -> Views:
    """The tables of a release, or those that `is_shown` chooses."""
    tables = {table: parts for table, parts in entry.tables.items() if table.layer in LAYERS and is_shown(table)}
    ordered = {table: [file for _, file in sorted(parts.items())] for table, parts in sorted(tables.items()) if parts}
    return Views(
        {table: _query(files) for table, files in ordered.items()},
        {_url(file): Path(site.lake.local(file)) for files in ordered.values() for file in files},
    )


def _url(file: File) -> str:
    return f"{RELEASE}://{file.path}"


def _query(files: Sequence[File]) -> str:
    """All files of a table as one relation; rows of delivered files have the number of their delivery."""
    if not any(file.delivery for file in files):
        return f"select * from {parquet(map(_url, files))}"
    return " union all by name ".join(_delivered(list(sharing)) for _, sharing in groupby(files, key=lambda file: file.path))


def _delivered(sharing: Sequence[File]) -> str:
    """The rows of some deliveries in a file, which is theirs alone or was merged from several."""
    numbers = ", ".join(str(file.delivery.sequence) for file in sharing if file.delivery)
    if sharing[0].first_hash:
        return f"select * from {parquet([_url(sharing[0])])} where source_sequence in ({numbers})"
    return f"select *, {numbers}::bigint as source_sequence from {parquet([_url(sharing[0])])}"
