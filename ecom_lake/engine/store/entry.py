"""One state of a shop: the files of every table, the landed files, which state readers see.

Here: what an entry of the commit log and a data file are. Not here: their JSON (entry_json.py), the log (log.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cached_property
from typing import Any

from ecom_lake.engine.contracts.table_id import Part, TableId

Parts = Mapping[Part, "File"]


@dataclass(frozen=True)
class Delivery:
    """Where a bronze file comes from. Every delivery time in gold is taken from here."""

    sequence: int
    file: str
    content_hash: str
    delivered_at: str
    rejected: int
    extra_columns: tuple[str, ...] = ()
    encoding: str = ""
    misnamed_columns: tuple[tuple[str, str], ...] = ()
    """Extra columns that are probably missing columns of the table: the name in the file, the name in the table."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A data file before it is published: its rows, and what it was made from."""

    rows: int
    fingerprint: str
    run: str
    inputs: Mapping[TableId, str] = field(default_factory=dict)
    """Version of each table that the file was made from."""
    fates: tuple[tuple[str, int, str, int], ...] = ()
    """Delivered rows that this step accounts for: bronze table, delivery, fate, rows."""
    failed: Mapping[str, int] = field(default_factory=dict)
    """Rows that failed each rule, where any did."""
    delivery: Delivery | None = None
    as_of: date | None = None
    """The as-of date that a model's table was made for; of the table that states the as-of date of models, that date."""
    state: int | None = None
    """The number of the state that a model's inputs were read from. It is kept as long as a kept state names this file."""

    def published(self, path: str, size: int, digest: str, run: str | None = None) -> File:
        """The same as a file of the store; `run`, if another run published the same bytes before."""
        known = {one.name: getattr(self, one.name) for one in fields(Made)}
        return File(**known | {"path": path, "bytes": size, "hash": digest, "run": self.run if run is None else run})


@dataclass(frozen=True, kw_only=True)
class File(Made):
    """One immutable data file of the store."""

    path: str
    bytes: int
    hash: str


@dataclass(frozen=True)
class Landed:
    """A file found in landing: its content, or why it was refused."""

    stamp: str
    hash: str
    """The content hash of each file in it, joined by `+`."""
    reader: str
    refused: str = ""
    refused_tables: tuple[str, ...] = ()
    """The delivered tables that its refused files were meant for, as far as names and columns show."""


@dataclass(frozen=True)
class BuiltWith:
    """The settings that a state was built with, and where they were written."""

    values: Mapping[str, Any]
    """Every setting that can change a table, by name."""
    written: str
    """Digest of the shop's section in the file."""
    file: str
    """The settings file; empty where there was none."""
    files: Mapping[str, str]
    """The settings files of earlier builds, the latest one last, each with the digest of its section at that time."""


@dataclass(frozen=True)
class Entry:
    """One state of a shop."""

    number: int
    parent: int | None
    run: str
    at: str
    message: str
    tables: Mapping[TableId, Parts] = field(default_factory=dict)
    landing: Mapping[str, Landed] = field(default_factory=dict)
    release: int | None = None
    """The entry whose tables readers see."""
    pinned: bool = False
    built_with: BuiltWith | None = None
    """None in a state that was made before settings were recorded."""

    def parts(self, table: TableId) -> Parts:
        return self.tables.get(table, {})

    def version(self, table: TableId) -> str:
        """Changes whenever the table's content does, and only then."""
        if table not in self._versions:
            content = "\n".join(f"{part} {file.hash}" for part, file in sorted(self.parts(table).items()))
            self._versions[table] = hashlib.blake2b(content.encode(), digest_size=8).hexdigest()
        return self._versions[table]

    @cached_property
    def _versions(self) -> dict[TableId, str]:
        return {}

    def with_parts(self, table: TableId, parts: Mapping[Part, File | None]) -> Entry:
        """This entry with some parts of a table replaced; a part that is None is removed."""
        merged: dict[Part, File | None] = {**self.parts(table), **parts}
        kept = {part: file for part, file in merged.items() if file is not None}
        tables = {name: found for name, found in self.tables.items() if name != table} | ({table: kept} if kept else {})
        return replace(self, tables=tables)


EMPTY = Entry(number=0, parent=None, run="", at="", message="nothing yet")
