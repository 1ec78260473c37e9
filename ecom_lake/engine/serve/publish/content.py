"""The gold tables of a release as a database gets them: columns, key, indexes, and the files of the rows.

Here: what is published. Not here: how a database spells it (postgresql.py, mariadb.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ecom_lake.engine.build.release.release import expected_tables
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.columns import DATE, TEXT, Column
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.contracts.table_id import Part
from ecom_lake.engine.database import Target
from ecom_lake.engine.store.entry import Entry, File, Parts
from ecom_lake.errors import UserError

FORMAT = 1
"""Raised when the same contract is written as other types, keys or indexes: tables are then created again."""


@dataclass(frozen=True)
class Content:
    """One table of a release."""

    contract: Table
    columns: tuple[Column, ...]
    indexes: tuple[str, ...]
    """Columns with an index of their own."""
    parts: Parts
    site: Site

    @property
    def name(self) -> str:
        return self.contract.name

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def key(self) -> tuple[str, ...]:
        """Empty where a column of the key is personal and not published: without it rows may repeat."""
        return self.contract.key if set(self.contract.key) <= set(self.names) else ()

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.parts.values())

    @cached_property
    def definition(self) -> str:
        """Changes with types, keys and indexes: a table with another definition is created again."""
        columns = [(column.name, column.kind.name, column.nullable) for column in self.columns]
        return _digest(FORMAT, columns, self.key, self.indexes)

    @cached_property
    def comments(self) -> str:
        return _digest(self.contract.grain, [column.meaning for column in self.columns])

    @property
    def versions(self) -> dict[str, str]:
        """The hash of each part: a month, or the whole table."""
        return {part.month: file.content for part, file in self.parts.items()}

    def paths(self, months: Iterable[str] | None = None) -> list[Path]:
        """The files of some months, or of the whole table."""
        files = self.parts.values() if months is None else self._files(months)
        return self.site.lake.locals(file for file in files if file.rows)

    def _files(self, months: Iterable[str]) -> list[File]:
        return [self.parts[Part(month)] for month in months if Part(month) in self.parts]


def contents(site: Site, entry: Entry, target: Target) -> list[Content]:
    """The tables of a release that a target gets."""
    tables = [site.registry.gold[table.name] for table in expected_tables(site) if table.layer == "gold" and entry.parts(table)]
    if left_out := sorted(set(target.tables) - {table.name for table in tables}):
        raise UserError(
            f"Release {entry.number} has no {left_out[0]}, which [shops.{site.shop.name}.publish.{target.name}] names: "
            "`ecom-lake tables` states why. Remove it from tables."
        )
    joined = _joined_by(tables)
    return [
        _content(site, entry, table, target.personal, joined)
        for table in tables
        if not target.tables or table.name in target.tables
    ]


def _content(site: Site, entry: Entry, table: Table, with_personal: bool, joined: set[str]) -> Content:
    columns = tuple(column for column in table.columns.values() if with_personal or not column.personal)
    first = table.key[0]
    indexes = tuple(
        column.name
        for column in columns
        if column.name != first and (column.name in joined or (table.monthly and column.first_of_month and column.kind == DATE))
    )
    return Content(table, columns, indexes, entry.parts(table.id), site)


def _joined_by(tables: Sequence[Table]) -> set[str]:
    """The ids that are the whole key of some table: other tables are joined to it by them."""
    keys = {table.key[0]: table.columns[table.key[0]] for table in tables if len(table.key) == 1}
    return {name for name, column in keys.items() if column.kind == TEXT and name.endswith("_id")}


def _digest(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Recorded:
    """A table as a publication recorded it in the target."""

    definition: str
    comments: str
    versions: Mapping[str, str]


def changed_parts(content: Content, recorded: Recorded) -> set[str]:
    """The months whose rows are others than those in the target."""
    now = content.versions
    return {part for part in {*now, *recorded.versions} if now.get(part) != recorded.versions.get(part)}


def as_recorded(rows: Iterable[tuple[Any, ...]]) -> dict[str, Recorded]:
    """From rows with the name of a table, a part and its hash, and the hashes of definition and comments."""
    found: dict[str, Recorded] = {}
    for table, part, content, definition, comments in rows:
        versions = {**(found[table].versions if table in found else {}), part: content}
        found[table] = Recorded(definition, comments, versions)
    return found
