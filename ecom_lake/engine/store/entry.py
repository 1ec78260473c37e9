"""One state of a shop: the files of every table, the landed files, which state readers see.

Here: what an entry of the commit log and a data file are. Not here: their JSON (entry_json.py), the log (log.py), how the
files of a table are kept apart from the entry and loaded when they are read (stored.py, manifests.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cached_property
from typing import Any

from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.store.stored import Stored

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
    erased: int = 0
    """Delivered rows of erased persons that are not stored."""
    was: tuple[str, ...] = ()
    """HMACs of the content hashes that it had before persons were erased: the same file is recognised when it is delivered again.
    A plain hash could be compared with that of a guessed text."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A data file before it is published: its rows, and what it was made from."""

    rows: int
    fingerprint: str
    run: str
    inputs: Mapping[TableId, str] = field(default_factory=dict)
    """Version of each table that the file was made from."""
    fates: tuple[tuple[str, int, str, int], ...] = ()
    """Delivered rows that this step accounts for: bronze table, delivery, fate, rows. Sorted by delivery."""
    failed: Mapping[str, int] = field(default_factory=dict)
    """Rows that failed each rule, where any did."""
    delivery: Delivery | None = None
    as_of: date | None = None
    """The as-of date that a model's table was made for; of the table that states the as-of date of models, that date."""
    state: int | None = None
    """The number of the state that a model's inputs were read from. It is kept as long as a kept state names this file."""

    def __post_init__(self) -> None:
        in_order = tuple(sorted(self.fates, key=lambda fate: (fate[1], fate)))
        object.__setattr__(self, "fates", in_order)

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
    first_hash: str = ""
    """Of a delivery that was merged into a file with other ones: the hash of the file that it was first written to."""

    @property
    def content(self) -> str:
        """The hash of the bytes first written for this part."""
        return self.first_hash or self.hash


@dataclass(frozen=True)
class Landed:
    """A file found in landing: its content, or why it was refused."""

    stamp: str
    hash: str
    """The content hash of each file in it, joined by `+`; that of the file itself for all in it that could not be unpacked. Empty
    for a file that could not be read."""
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
    definitions: str = ""
    """In a release whose tables are all current: a fingerprint of the code, contracts and settings that they were made with."""
    erasure: int = 0
    """The newest entry of the erasure list that the state takes into account (erasure_list.py); 0 if nobody was erased."""
    texts_since: str = ""
    """The first day, as an ISO date, of which bronze may have texts; empty if it may have any (old_texts.py)."""
    identities_held: str = ""
    """A digest of all that the identities between the tables depend on, if this is a release for which all of them held."""

    def parts(self, table: TableId) -> Parts:
        return self.tables.get(table, {})

    def version(self, table: TableId) -> str:
        """Changes whenever the table's content does, and only then."""
        parts = self.parts(table)
        if isinstance(parts, Stored):
            return parts.version
        if table not in self._versions:
            self._versions[table] = version_of(parts)
        return self._versions[table]

    @property
    def landing_version(self) -> str:
        """Changes whenever a landed file's name, stamp or reader does."""
        if isinstance(self.landing, Stored):
            return self.landing.version
        return version_of_landing((path, landed.stamp, landed.reader) for path, landed in self.landing.items())

    @cached_property
    def _versions(self) -> dict[TableId, str]:
        return {}

    def with_parts(self, table: TableId, parts: Mapping[Part, File | None]) -> Entry:
        """This entry with some parts of a table replaced; a part that is None is removed."""
        merged: dict[Part, File | None] = {**dict(self.parts(table).items()), **parts}
        kept = {part: file for part, file in merged.items() if file is not None}
        tables = {name: found for name, found in self.tables.items() if name != table} | ({table: kept} if kept else {})
        return replace(self, tables=tables)


def files_of(entries: Iterable[Entry]) -> dict[str, File]:
    """All files of some states, by path. A manifest that states share is read once."""
    seen: set[str] = set()
    files: dict[str, File] = {}
    for parts in (parts for entry in entries for parts in entry.tables.values()):
        if isinstance(parts, Stored):
            if parts.manifest in seen:
                continue
            seen.add(parts.manifest)
        files |= {file.path: file for file in parts.values()}
    return files


def version_of(parts: Parts) -> str:
    """The version of a table with these files."""
    content = "\n".join(f"{part} {file.content}" for part, file in sorted(parts.items()))
    return hashlib.blake2b(content.encode(), digest_size=8).hexdigest()


def version_of_landing(landed: Iterable[tuple[str, str, str]]) -> str:
    """The version of landed files: of the path, the stamp and the reader of each."""
    return hashlib.blake2b(repr(sorted(landed)).encode(), digest_size=8).hexdigest()


EMPTY = Entry(number=0, parent=None, run="", at="", message="nothing yet")
