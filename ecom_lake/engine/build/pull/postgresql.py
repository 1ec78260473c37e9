"""PostgreSQL as a source: `COPY (query) TO STDOUT` in a read-only transaction, with psycopg.

The session writes every value in one form, whatever the server, the database and the user are set to: times with a zone in UTC,
ISO dates, bytes in hexadecimal, floating point numbers with all their digits.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from select import select
from typing import Any

import psycopg
from psycopg import errors, pq
from psycopg.conninfo import conninfo_to_dict

from ecom_lake.engine.build.pull.source import Column, Kind, Moment, Query, Source, invalid_url, parsed, unreachable
from ecom_lake.errors import UserError

_DEFAULTS: dict[str, Any] = {"connect_timeout": 10, "application_name": "ecom-lake", "client_encoding": "UTF8"}
_SESSION = """
begin isolation level repeatable read read only;
set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres';
set local bytea_output = 'hex'; set local extra_float_digits = 3;
set local synchronize_seqscans = off; set local max_parallel_workers_per_gather = 0;
"""
"""The last two keep the order of the rows of a table without a key."""
_COLUMNS = """
select a.attname, (case when t.typtype = 'd' then t.typbasetype else t.oid end)::regtype::text
from pg_attribute a join pg_type t on t.oid = a.atttypid
where a.attrelid = to_regclass(%s) and a.attnum > 0 and not a.attisdropped
order by a.attnum
"""
_KEY = """
select a.attname
from pg_index i cross join unnest(i.indkey) with ordinality k(attnum, position)
join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
where i.indrelid = to_regclass(%s) and i.indisprimary
order by k.position
"""
_KINDS: dict[str, Kind] = {
    "timestamp with time zone": "zoned",
    "timestamp without time zone": "naive",
    "date": "day",
}
_REASONS = {
    "42501": "the user may not read it: grant SELECT on it",
    "57014": "the query was cancelled, or took longer than the server's statement_timeout",
}


class PostgreSQL(Source):
    quote = '"'

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]], variable: str) -> None:
        self._connection = connection
        self._variable = variable

    def columns(self, table: str) -> list[Column]:
        found = self._all(table, _COLUMNS, self.table(table))
        return [Column(name, self._csv(name, type_), _KINDS.get(type_)) for name, type_ in found]

    def _csv(self, name: str, type_: str) -> str:
        return f"{self.name(name)}{'::numeric' if type_ == 'money' else ''}"  # money has the sign of the server's currency

    def key(self, table: str) -> list[str]:
        return [name for (name,) in self._all(table, _KEY, self.table(table))]

    def now(self) -> datetime:
        [(now,)] = self._all("", "select now()")
        return now.astimezone(UTC)  # type: ignore[no-any-return]

    def newest(self, query: Query, limit: Moment) -> Moment | None:
        assert query.since
        since = self.name(query.since.name)
        rows = self.rows(query, f"{since} <= {self.literal(limit)}")
        [(found,)] = self._all(query.table, f"select max({since})::text {rows}")
        return parsed(found)

    def records(self, query: Query) -> Generator[bytes | memoryview, None, None]:
        columns = ", ".join(column.csv for column in query.columns)
        select_ = f"select {columns} {self.rows(query)}{self.order(query)}"
        copy = f"copy ({select_}) to stdout (format csv)".encode()
        with self._refusals(query.table), self._connection.cursor() as cursor, cursor.copy(copy):
            yield from _copied(self._connection.pgconn)

    def _all(self, table: str, sql: str, *values: str) -> list[tuple[Any, ...]]:
        with self._refusals(table):
            return self._connection.execute(sql.encode(), values or None).fetchall()

    @contextmanager
    def _refusals(self, table: str) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            if error.sqlstate is None or self._connection.broken:
                raise unreachable(self._variable, str(error)) from None
            reason = _REASONS.get(error.sqlstate, "the database refuses the query: check `where` in lake.toml, and run it there")
            raise UserError(f"{table} cannot be pulled: {reason} (SQLSTATE {error.sqlstate}).") from None


def _copied(connection: pq.abc.PGconn) -> Iterator[memoryview | bytes]:
    """The rows of a COPY. psycopg's own loop takes twice the CPU, because it waits for each row separately."""
    while True:
        size, row = connection.get_copy_data(1)
        if size > 0:
            yield row
        elif size == 0:
            select([connection.socket], [], [])
            connection.consume_input()
        else:
            break
    while result := connection.get_result():
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise errors.error_from_result(result)


def connect(url: str, variable: str, then: str = "pull") -> psycopg.Connection[tuple[Any, ...]]:
    """With autocommit. `then`: what to do again after an error."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.Error:
        raise invalid_url(variable) from None
    try:
        return psycopg.connect(**_DEFAULTS | given, autocommit=True)
    except (psycopg.Error, ValueError) as error:
        raise unreachable(variable, str(error), then) from None


@contextmanager
def opened(url: str, variable: str) -> Iterator[PostgreSQL]:
    with closing(connect(url, variable)) as connection:  # its own context would wait for a query that was interrupted
        source = PostgreSQL(connection, variable)
        with source._refusals("The session"):
            connection.execute(_SESSION)
        yield source
