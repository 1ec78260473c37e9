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
RELEASED = ("gold", "silver")
"""The layers that most readers need: those of a remote lake alone are then downloaded."""
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
    by_url = {_url(file): file for files in ordered.values() for file in files}
    return Views(
        {table: _query(table, files) for table, files in ordered.items()},
        dict(zip(by_url, site.lake.locals(by_url.values()), strict=True)),
    )


def _url(file: File) -> str:
    return f"{RELEASE}://{file.path}"


def _query(table: TableId, files: Sequence[File]) -> str:
    """All files of a table as one relation; rows of delivered files have the number of their delivery."""
    if not any(file.delivery for file in files):
        return f"select * from {parquet(map(_url, files))}"
    groups = [list(sharing) for _, sharing in groupby(files, key=lambda file: file.path)]
    return " union all by name ".join(_delivered(sharing, is_shared=_is_shared(table, sharing[0])) for sharing in groups)


def _is_shared(table: TableId, file: File) -> bool:
    """Whether the rows of a delivered file have the number of their delivery. The records of rejects never share a file: theirs
    has a first hash once its texts have expired."""
    return bool(file.first_hash) and table.layer != "rejects"


def _delivered(sharing: Sequence[File], is_shared: bool) -> str:
    """The rows of some deliveries in a file, which is theirs alone or was merged from several."""
    numbers = ", ".join(str(file.delivery.sequence) for file in sharing if file.delivery)
    if is_shared:
        return f"select * from {parquet([_url(sharing[0])])} where source_sequence in ({numbers})"
    return f"select *, {numbers}::bigint as source_sequence from {parquet([_url(sharing[0])])}"
