"""MariaDB and MySQL as a target: one InnoDB transaction deletes the rows that change and inserts the new ones.

Readers never wait for it. Where a table is new or its columns change, all tables of this publication are filled beside the old
ones and exchanged by one RENAME TABLE, for which readers wait some milliseconds per table: it is not used every time, because
75 tables took more than 0.3 s (docs/decisions/0055).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

import pymysql

from ecom_lake.engine.build.pull.mariadb import connect
from ecom_lake.engine.build.pull.source import unreachable
from ecom_lake.engine.config import named_month
from ecom_lake.engine.contracts.columns import DATE, FLAG, INTEGER, MONEY, NUMBER, PRICE, TEXT, TIMESTAMP, Type
from ecom_lake.engine.database import Target
from ecom_lake.engine.serve.publish import figures
from ecom_lake.engine.serve.publish.content import Content
from ecom_lake.engine.serve.publish.rows import longest_texts, value_lists
from ecom_lake.engine.serve.publish.target_database import (
    LONGEST_WAIT,
    PREFIX,
    RECORDS,
    RELEASE,
    TABLES,
    Compare,
    OnTable,
    Plan,
    TargetDatabase,
    between_readers,
    busy,
    tidy,
)
from ecom_lake.errors import UserError

_TYPES: dict[Type, str] = {
    INTEGER: "bigint",
    MONEY: "decimal(18,2)",
    PRICE: "decimal(18,4)",
    NUMBER: "double",
    FLAG: "boolean",
    DATE: "date",
    TIMESTAMP: "datetime(6)",
}
_WIDTHS = (16, 32, 64, 128, 255)
"""Of VARCHAR. A longer text is a LONGTEXT."""
_BYTES = 4
"""Of a character in utf8mb4, at most."""
_WIDEST_ROW, _WIDEST_KEY = 60_000, 3072
"""Bytes: of all VARCHAR of a table, and of the columns of an InnoDB index."""
_TABLE_COMMENT, _COLUMN_COMMENT = 2048, 1024
"""Characters that a comment may have."""
_LARGEST_STATEMENT = 4_000_000
_SESSION = (
    "set session sql_mode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES', time_zone = '+00:00'",
    "set session transaction isolation level read committed",
)
_ONLY_READS = (
    "set session transaction isolation level repeatable read",
    "start transaction with consistent snapshot, read only",
)
_EXISTING = "select table_name from information_schema.tables where table_schema = %s"
_WIDTHS_THERE = (
    "select column_name, character_maximum_length from information_schema.columns "
    "where table_schema = %s and table_name = %s and character_maximum_length is not null"
)
_TIMED_OUT = frozenset((1205, 1969))
"""The errors of a RENAME that readers held up."""
_REASONS = {
    1044: "its user may not use this database",
    1142: "its user may not do that: it needs SELECT, INSERT, DELETE, CREATE, ALTER, DROP and INDEX there",
    1205: "a reader locks rows of it (such as INSERT ... SELECT, or SELECT ... FOR UPDATE)",
    1290: "it is read-only: name the primary server",
    1114: "its disk or its tablespace is full",
    1021: "its disk is full",
}
_LOST = range(2000, 3000)


class MariaDB(TargetDatabase):
    quote = "`"
    comments_belong_to_definition = True

    def __init__(self, connection: pymysql.Connection[Any], variable: str, schema: str) -> None:
        self._connection = connection
        self._variable = variable
        self.schema = schema

    def begin(self, only_reads: bool) -> None:
        """A session that holds the lock of the database until it ends. Remove what an interrupted publication left, unless
        `only_reads`."""
        for statement in _SESSION:
            self._run(statement)
        [(is_free,)] = self._all("select get_lock(%s, 0)", f"{PREFIX}{self.schema}"[:64])
        if not is_free:
            raise busy(self.schema)
        if only_reads:
            for statement in _ONLY_READS:
                self._run(statement)
            return
        if not self._all("select 1 from information_schema.schemata where schema_name = %s", self.schema):
            self._run(f"create database {self.name(self.schema)}")
        [(version, packet)] = self._all("select version(), @@max_allowed_packet")
        self._is_mariadb = "mariadb" in version.casefold()
        self._largest = min(packet // 2, _LARGEST_STATEMENT)
        self._drop(name for name in self.existing() if name.startswith((f"{PREFIX}new_", f"{PREFIX}old_")))

    def existing(self) -> set[str]:
        return {name for (name,) in self._all(_EXISTING, self.schema)}

    def fits(self, content: Content) -> bool:
        there = dict(self._all(_WIDTHS_THERE, self.schema, content.name))
        return all(length <= there.get(name, 0) for name, length in longest_texts(content).items())

    def publish(self, plan: Plan, compare: Compare, on_table: OnTable) -> None:
        if plan.changes_definitions or not {RELEASE, TABLES} <= self.existing():
            self._publish_by_rename(plan, compare, on_table)
        else:
            self._publish_by_rows(plan, compare, on_table)

    # ---------------------------------------------------------------------------------------------------------------- by rows

    def _publish_by_rows(self, plan: Plan, compare: Compare, on_table: OnTable) -> None:
        self._run("start transaction")
        for change in plan.changes:
            content = change.content
            on_table(content.name)
            with self._refusals(content.name):
                self._delete(content, change.parts)
                self._insert(content, content.name, change.parts)
                compare(content, self._figures(content, content.name))
        for table in RECORDS:
            self._run(f"delete from {self.table(table)}")
        self._insert_records(plan, RELEASE, TABLES)
        self._run("commit")

    def _delete(self, content: Content, months: frozenset[str] | None) -> None:
        where = ""
        if months is not None:
            dates = ", ".join(f"'{named_month(one)}'" for one in sorted(months))
            where = f" where {self.name('month')} in ({dates})"
        self._run(f"delete from {self.table(content.name)}{where}")

    # -------------------------------------------------------------------------------------------------------------- by rename

    def _publish_by_rename(self, plan: Plan, compare: Compare, on_table: OnTable) -> None:
        new: dict[str, str] = {}
        for number, change in enumerate(plan.changes):
            content = change.content
            on_table(content.name)
            new[content.name] = f"{PREFIX}new_{number}"
            with self._refusals(content.name):
                self._run(self._create(content, new[content.name]))
                self._insert(content, new[content.name], None)
                self._run("commit")
                compare(content, self._figures(content, new[content.name]))
        new |= {RELEASE: f"{PREFIX}new_release", TABLES: f"{PREFIX}new_tables"}
        for table in RECORDS:
            self._run(self._create_record(table, new[table]))
        self._insert_records(plan, new[RELEASE], new[TABLES])
        self._run("commit")
        old = self._exchange(new, plan.gone)
        tidy(self.schema, lambda: self._drop(old), UserError)  # `begin` of the next publication drops what is left

    def _exchange(self, new: Mapping[str, str], gone: Sequence[str]) -> list[str]:
        """The names that the old tables have then."""
        existing = self.existing()
        replaced = {name: f"{PREFIX}old_{number}" for number, name in enumerate([*new, *gone]) if name in existing}
        pairs = [*replaced.items(), *((waiting, name) for name, waiting in new.items())]
        rename = f"rename table {', '.join(f'{self.table(before)} to {self.table(after)}' for before, after in pairs)}"
        if self._is_mariadb:
            rename = f"set statement max_statement_time = {LONGEST_WAIT} for {rename}"
        else:
            self._run("set session lock_wait_timeout = 1")  # MySQL has no shorter one

        def attempt() -> bool:
            try:
                self._connection.cursor().execute(rename)
            except pymysql.MySQLError as error:
                if _number(error) in _TIMED_OUT:
                    return False
                raise
            return True

        with self._refusals(", ".join(replaced)):
            between_readers(attempt, list(replaced))
        return list(replaced.values())

    def _create(self, content: Content, name: str) -> str:
        lengths = longest_texts(content)
        key = content.key
        types = {column.name: self._type(column.kind, lengths.get(column.name, 0)) for column in content.columns}
        if sum(map(_bytes, types.values())) > _WIDEST_ROW:
            types |= {column: "longtext" for column in lengths if column not in key}
        columns = [
            f"{self.name(column.name)} {types[column.name]}{' null' if column.nullable else ' not null'} "
            f"comment {self._text(column.meaning, _COLUMN_COMMENT)}"
            for column in content.columns
        ]
        if key and all(types[column] != "longtext" for column in key) and _key_bytes(key, types) <= _WIDEST_KEY:
            columns.append(f"primary key ({self.names(key)})")
        columns += [f"key ({self.name(column)})" for column in content.indexes if types[column] != "longtext"]
        return self._create_table(name, columns, content.contract.grain)

    def _create_record(self, table: str, name: str) -> str:
        columns, key, meaning = RECORDS[table]
        types = {"text": "varchar(255)", "integer": "bigint", "timestamp": "datetime(6)"}
        lines = [
            f"{self.name(column)} {types[kind]} not null comment {self._text(text, _COLUMN_COMMENT)}"
            for column, (kind, text) in columns.items()
        ]
        return self._create_table(name, [*lines, f"primary key ({self.names(key)})"], meaning)

    def _create_table(self, name: str, lines: Sequence[str], meaning: str) -> str:
        collation = "utf8mb4_nopad_bin" if self._is_mariadb else "utf8mb4_0900_bin"
        return (
            f"create table {self.table(name)} ({', '.join(lines)}) engine = InnoDB row_format = dynamic "
            f"character set utf8mb4 collate {collation} comment {self._text(meaning, _TABLE_COMMENT)}"
        )

    def _type(self, kind: Type, longest: int) -> str:
        if kind != TEXT:
            return _TYPES[kind]
        return next((f"varchar({width})" for width in _WIDTHS if longest * 1.2 <= width), "longtext")

    def _text(self, text: str, limit: int) -> str:
        shown = text if len(text) <= limit else text[: limit - 1] + "…"
        return "'" + shown.replace("'", "''") + "'"

    def _drop(self, names: Iterable[str]) -> None:
        if tables := sorted(names):
            self._run(f"drop table {', '.join(map(self.table, tables))}")

    # ----------------------------------------------------------------------------------------------------------------- running

    def _insert(self, content: Content, name: str, months: frozenset[str] | None) -> None:
        start = f"insert into {self.table(name)} ({self.names(content.names)}) values ".encode()
        with self._connection.cursor() as cursor:
            for values in value_lists(content, content.paths(months), self._largest):
                cursor.execute(start + values)

    def _insert_records(self, plan: Plan, release: str, tables: str) -> None:
        for name, rows in ((release, [plan.release]), (tables, plan.tables)):
            marks = ", ".join(["%s"] * len(rows[0])) if rows else ""
            with self._refusals(name), self._connection.cursor() as cursor:
                cursor.executemany(f"insert into {self.table(name)} values ({marks})", rows)

    def _figures(self, content: Content, name: str, is_check: bool = False) -> Sequence[Any]:
        [row] = self._all(figures.query(content, self.table(name), self.name, is_check))
        return row

    def _run(self, statement: str) -> None:
        self._all(statement)

    def _all(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        with self._refusals(""), self._connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return list(cursor.fetchall())

    @contextmanager
    def _refusals(self, table: str) -> Iterator[None]:
        try:
            yield
        except pymysql.MySQLError as error:
            number = _number(error)
            if number in _LOST or not number:
                raise unreachable(self._variable, str(error), "publish") from None
            what = f"{table} of {self.schema}" if table else self.schema
            reason = _REASONS.get(number, "the database refuses the statement")
            raise UserError(
                f"{what} cannot be published: {reason} (error {number}). Readers keep the previous release."
            ) from None


def _number(error: pymysql.MySQLError) -> int:
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def _bytes(type_: str) -> int:
    return int(type_[len("varchar(") : -1]) * _BYTES if type_.startswith("varchar") else 0


def _key_bytes(key: Sequence[str], types: Mapping[str, str]) -> int:
    return sum(_bytes(types[column]) or 8 for column in key)


@contextmanager
def opened(url: str, target: Target, only_reads: bool) -> Iterator[MariaDB]:
    with closing(connect(url, target.url_env, "publish")) as connection:
        schema = target.schema or (connection.db or b"").decode()
        if not schema:
            raise UserError(f"{target.url_env} names no database: end the URL with /DATABASE, or set schema in lake.toml.")
        database = MariaDB(connection, target.url_env, schema)
        database.begin(only_reads)
        yield database
