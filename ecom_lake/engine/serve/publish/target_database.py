"""A database as a publication sees it: what is there, and the one step that makes a release visible.

Here: what PostgreSQL and MariaDB have in common, and the plan of a publication. Not here: the SQL of one database
(postgresql.py, mariadb.py), which tables are published (content.py). No sentence contains a message of a driver or a part of the
URL, as in engine/build/pull/source.py.
"""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from ecom_lake import logs
from ecom_lake.engine.build.pull.source import product_and_url
from ecom_lake.engine.database import Target
from ecom_lake.engine.serve.publish.content import Content, Recorded, as_recorded
from ecom_lake.errors import UserError
from ecom_lake.extras import require

PREFIX = "ecom_lake_"
"""Of the names of the tables that a publication uses itself."""
RELEASE, TABLES = f"{PREFIX}release", f"{PREFIX}tables"
LONGEST_WAIT = 0.06
"""Seconds that a change of a table's definition waits for readers, who would queue behind it. Then it lets them pass."""
PAUSE = 0.2
"""Seconds until it tries again."""
PATIENCE = 60.0
"""Seconds after which it gives up."""

RELEASE_COLUMNS = {
    "shop": ("text", "The shop whose release this is."),
    "release": ("integer", "The number of the release that the tables of this schema hold."),
    "released_at": ("timestamp", "When it was released, in UTC."),
    "published_at": ("timestamp", "When it was published here, in UTC."),
}
TABLES_COLUMNS = {
    "table_name": ("text", "A published table."),
    "part": ("text", "The month of a part, such as 2018-08; empty for a table that is one part."),
    "row_count": ("integer", "Rows of the part."),
    "content": ("text", "The hash of the part's file in the lake."),
    "definition": ("text", "A hash of the table's columns, key and indexes."),
    "comments": ("text", "A hash of its comments."),
}
RECORDS = {
    RELEASE: (RELEASE_COLUMNS, ("shop",), "One row: the release that the tables of this schema hold."),
    TABLES: (
        TABLES_COLUMNS,
        ("table_name", "part"),
        "One row per published table and part. ecom-lake compares it with the lake.",
    ),
}


@dataclass(frozen=True)
class Change:
    """One table that is written."""

    content: Content
    parts: frozenset[str] | None
    """The months whose rows are replaced; None for the whole table."""
    is_new: bool
    """Whether the table is created: it was not there, or has another definition."""


@dataclass(frozen=True)
class Plan:
    changes: tuple[Change, ...]
    gone: tuple[str, ...]
    """Tables of an earlier release that this one does not have."""
    release: tuple[object, ...]
    """The row of the table ecom_lake_release."""
    tables: tuple[tuple[object, ...], ...]
    """The rows of the table ecom_lake_tables."""
    contents: tuple[Content, ...]

    @property
    def changes_definitions(self) -> bool:
        return bool(self.gone) or any(change.is_new for change in self.changes)


Compare = Callable[[Content, Sequence[Any]], None]
"""Raises an error if the figures of a table that was written are not those of gold."""
OnTable = Callable[[str], None]


class TargetDatabase(ABC):
    """An open connection, alone in its schema. Every method raises UserError where the database refuses."""

    quote: ClassVar[str]
    comments_belong_to_definition: ClassVar[bool]
    """Whether a table is created again where its comments change."""
    schema: str

    def release(self) -> tuple[str, int] | None:
        """The shop and the release that are there."""
        if RELEASE not in self.existing():
            return None
        return next(iter(self._all(f"select shop, {self.name('release')} from {self.table(RELEASE)}")), None)

    def recorded(self) -> Mapping[str, Recorded]:
        """What was published of each table that is still there."""
        existing = self.existing()
        if TABLES not in existing:
            return {}
        rows = self._all(f"select table_name, part, content, definition, comments from {self.table(TABLES)}")
        return {name: one for name, one in as_recorded(rows).items() if name in existing}

    @abstractmethod
    def existing(self) -> set[str]:
        """The names of all tables and views of the schema."""

    @abstractmethod
    def fits(self, content: Content) -> bool:
        """Whether the values of the table fit into the columns that are there."""

    def figures(self, content: Content) -> Sequence[Any]:
        """The figures of a published table, with those that take long."""
        return self._figures(content, content.name, is_check=True)

    @abstractmethod
    def publish(self, plan: Plan, compare: Compare, on_table: OnTable) -> None:
        """Write the changes and make them visible in one step, or change nothing."""

    @abstractmethod
    def _figures(self, content: Content, name: str, is_check: bool = False) -> Sequence[Any]:
        """The figures of a table that has the columns of `content` and this name. `is_check`: also those that take long."""

    @abstractmethod
    def _all(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        """All rows that a statement returns."""

    def name(self, name: str) -> str:
        return self.quote + name.replace(self.quote, 2 * self.quote) + self.quote

    def names(self, names: Sequence[str]) -> str:
        return ", ".join(map(self.name, names))

    def table(self, name: str) -> str:
        return f"{self.name(self.schema)}.{self.name(name)}"


@contextmanager
def connected(target: Target, shop: str, only_reads: bool = False) -> Iterator[TargetDatabase]:
    """A connection that no other publication into the same schema has at the same time. `only_reads`: in a transaction that
    cannot write."""
    require("databases", "Publishing into a database")
    product, url = product_and_url(target.url, target.url_env)
    if product == "postgresql":
        from ecom_lake.engine.serve.publish.postgresql import opened as opened_postgresql

        with opened_postgresql(url, target, shop, only_reads) as database:
            yield database
    else:
        from ecom_lake.engine.serve.publish.mariadb import opened as opened_mariadb

        with opened_mariadb(url, target, only_reads) as other:
            yield other


def busy(schema: str) -> UserError:
    return UserError(f"Another publication into {schema} is running; publish again when it has ended.")


def between_readers(attempt: Callable[[], bool], tables: Sequence[str]) -> None:
    """Call `attempt` until it returns True. It returns False where readers hold a table for longer than LONGEST_WAIT."""
    deadline = time.monotonic() + PATIENCE
    while not attempt():
        if time.monotonic() > deadline:
            raise UserError(
                f"Transactions of readers held {', '.join(tables)} for {PATIENCE:.0f} seconds, and their columns have to change. "
                "Nothing was published. Publish again when the transactions have ended."
            )
        time.sleep(PAUSE)


def tidy(schema: str, work: Callable[[], None], refusal: type[Exception]) -> None:
    """Work after the commit. Readers have the new release, so that a refusal of the database is logged and no error."""
    try:
        work()
    except refusal as error:
        logs.log_event("not tidied", logging.WARNING, schema=schema, why=type(error).__name__)


def utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
