"""MariaDB and MySQL as a source: the server writes each row as a line of CSV, and PyMySQL streams the lines.

One text for each row takes half the CPU of one text for each field. The session writes every value in one form: times with a
zone (TIMESTAMP) in UTC and with their offset, bytes in hexadecimal after `\\x` as PostgreSQL does, BIT as a number.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from struct import Struct
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pymysql
from pymysql.converters import encoders
from pymysql.cursors import SSCursor

from ecom_lake.engine.build.pull.source import (
    Column,
    Kind,
    Moment,
    Query,
    Source,
    invalid_url,
    parsed,
    unreachable,
)
from ecom_lake.errors import UserError

_SESSION = (
    "set session sql_mode = '', time_zone = '+00:00'",
    "set session transaction isolation level repeatable read",
    "start transaction with consistent snapshot, read only",
)
_COLUMNS = """
select column_name, lower(data_type), numeric_scale is null
from information_schema.columns
where table_schema = {schema} and table_name = {table}
order by ordinal_position
"""
_KEY = """
select column_name
from information_schema.statistics
where table_schema = {schema} and table_name = {table} and index_name = 'PRIMARY'
order by seq_in_index
"""
_KINDS: dict[str, Kind] = {"timestamp": "zoned", "datetime": "naive", "date": "day"}
_PLAIN = frozenset(("tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "double", "year", "date", "time", "datetime"))
"""Types whose text never needs quotes."""
_BYTES = frozenset(("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"))
_GEOMETRIES = frozenset(
    (
        *("geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon"),
        *("geomcollection", "geometrycollection"),  # MySQL's name and MariaDB's
    )
)
_FLOAT = "if(abs(concat({0}) - {0}) <= abs({0}) * 2.9e-8, concat({0}), {0} + 0e0)"
"""The server shows six digits of a FLOAT: where they denote another number, all digits of the stored one."""
_OPTIONS: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("unix_socket", "ssl_ca", "ssl_cert", "ssl_key", "ssl_key_password"), str),
    **dict.fromkeys(
        ("ssl_verify_cert", "ssl_verify_identity", "ssl_disabled"), lambda text: text.lower() in ("1", "true", "yes")
    ),
    **dict.fromkeys(("connect_timeout", "read_timeout"), int),
}
"""The options of PyMySQL that a URL may contain, and how their texts are read."""
_REASONS = {
    1142: "the user may not read it: grant SELECT on it",
    1143: "the user may not read one of its columns: grant SELECT on it",
    1317: "the query was cancelled",
    1969: "the query took longer than the server's max_statement_time",
    3024: "the query took longer than the server's max_execution_time",
}
_PACKET = Struct("<HBBB")
"""The size of a packet (two bytes and a higher one), its number, and its first byte."""
_NULL, _TWO_BYTES = 0xFB, 0xFC
_LOST = range(2000, 3000)
"""Errors of the connection."""


class MariaDB(Source):
    quote = "`"

    def __init__(self, connection: pymysql.Connection[Any], variable: str) -> None:
        self._connection = connection
        self._variable = variable

    def columns(self, table: str) -> list[Column]:
        found = self._all(table, _COLUMNS.format(**self._place(table)))
        return [Column(name, self._csv(name, type_, free == "1"), _KINDS.get(type_)) for name, type_, free in found]

    def _csv(self, name: str, type_: str, is_free: bool) -> str:
        column = self.name(name)
        text = column
        if type_ == "float":
            text = _FLOAT.format(column) if is_free else column  # FLOAT(7,2) shows its two decimals
        elif type_ == "timestamp":
            text = f"concat({column}, if({column} < '1000-01-01', '', '+00:00'))"
        elif type_ == "bit":
            text = f"{column} + 0"
        elif type_ in _BYTES or type_ in _GEOMETRIES:
            text = rf"concat('\\x', lower(hex({column})))"
        elif type_ not in _PLAIN:
            text = f"""concat('"', replace(convert({column} using utf8mb4), '"', '""'), '"')"""
        return f"if({column} is null, '', {text})"  # another NULL is a value that max_allowed_packet does not allow

    def key(self, table: str) -> list[str]:
        return [name for (name,) in self._all(table, _KEY.format(**self._place(table)))]

    def _place(self, table: str) -> dict[str, str]:
        schema, dot, name = table.rpartition(".")
        return {"schema": self._connection.escape(schema) if dot else "database()", "table": self._connection.escape(name)}

    def now(self) -> datetime:
        [(now,)] = self._all("", "select utc_timestamp(6)")
        return datetime.fromisoformat(now).replace(tzinfo=UTC)

    def newest(self, query: Query, limit: Moment) -> Moment | None:
        assert query.since
        since = self.name(query.since.name)
        rows = self.rows(query, f"{since} <= {self.literal(limit)}")
        [(found,)] = self._all(query.table, f"select max({since}) {rows}")
        newest = parsed(found)
        if isinstance(newest, datetime) and query.since.kind == "zoned":
            return newest.replace(tzinfo=UTC)
        return newest

    def records(self, query: Query) -> Generator[bytes, None, None]:
        line = ", ',', ".join(column.csv for column in query.columns)
        with self._refusals(query.table), self._connection.cursor(SSCursor) as cursor:
            cursor.execute(f"select concat({line}, '\n') {self.rows(query)}{self.order(query)}")
            try:
                for record in _streamed(self._connection, cursor):
                    if record is None:
                        raise UserError(
                            f"{query.table} cannot be pulled: a row is larger than the server's max_allowed_packet. "
                            "Raise it, or leave out the large column with `columns` in lake.toml."
                        )
                    yield record
            except BaseException:
                cursor._result.unbuffered_active = False  # PyMySQL would read all other rows before it closes the connection
                raise

    def literal(self, moment: Moment) -> str:
        """Without an offset, which MariaDB does not read: the zone of the session is UTC."""
        return super().literal(moment.replace(tzinfo=None) if isinstance(moment, datetime) else moment)

    def _all(self, table: str, sql: str) -> list[tuple[Any, ...]]:
        with self._refusals(table), self._connection.cursor() as cursor:
            cursor.execute(sql)
            return [tuple(None if value is None else value.decode() for value in row) for row in cursor.fetchall()]

    @contextmanager
    def _refusals(self, table: str) -> Iterator[None]:
        try:
            yield
        except pymysql.MySQLError as error:
            number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
            if number in _LOST or not number:
                raise unreachable(self._variable, str(error)) from None
            reason = _REASONS.get(number, "the database refuses the query: check `where` in lake.toml, and run it there")
            raise UserError(f"{table} cannot be pulled: {reason} (error {number}).") from None


def _streamed(connection: pymysql.Connection[Any], cursor: SSCursor) -> Iterator[bytes | None]:
    """The rows of a query with one column. PyMySQL takes four times the CPU for a row; it reads those that are left."""
    while True:
        yield from _buffered(connection)
        row = cursor.fetchone()
        if row is None:
            break
        yield row[0]


def _buffered(connection: pymysql.Connection[Any]) -> list[bytes]:
    """The rows that lie complete in the buffer of the connection, up to the first packet that is no row of less than 64 KiB.

    A packet starts with its size in three bytes and its number; a text starts with its size in one byte, or in two after 0xFC."""
    rows: list[bytes] = []
    try:
        buffer = connection._rfile.peek()
    except OSError:
        return rows  # PyMySQL gets the same error, and closes the connection
    start, number = 0, connection._next_seq_id
    while start + _PACKET.size <= len(buffer):
        size, more, found, first = _PACKET.unpack_from(buffer, start)
        end = start + 4 + size
        if more or found != number or end > len(buffer) or first > _TWO_BYTES or first == _NULL:
            break
        rows.append(buffer[start + (7 if first == _TWO_BYTES else 5) : end])
        start, number = end, (number + 1) % 256
    connection._rfile.read(start)
    connection._next_seq_id = number
    return rows


def connect(url: str, variable: str, then: str = "pull", **options: Any) -> pymysql.Connection[Any]:
    """`then`: what to do again after an error. `options` are those of PyMySQL."""
    try:
        given = _options(url)
    except ValueError:
        raise invalid_url(variable) from None
    try:
        return pymysql.connect(**given, **options, charset="utf8mb4")
    except (FileNotFoundError, PermissionError):  # errors of a socket are MySQLErrors
        raise unreachable(variable, "certificate file", then) from None
    except (pymysql.MySQLError, OSError, RuntimeError, ValueError) as error:
        raise unreachable(variable, str(error), then) from None


@contextmanager
def opened(url: str, variable: str) -> Iterator[MariaDB]:
    with closing(connect(url, variable, use_unicode=False, conv=encoders)) as connection:
        source = MariaDB(connection, variable)
        for statement in _SESSION:
            source._all("The session", statement)
        yield source


def _options(url: str) -> dict[str, Any]:
    """Raises ValueError for a URL that is not valid, without a part of it."""
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    if "@" in parts.path + parts.query + parts.fragment or not set(given) <= set(_OPTIONS):
        raise ValueError
    options = {name: _OPTIONS[name](text) for name, text in given.items()}
    return options | {
        "host": parts.hostname,
        "port": parts.port or 0,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or "").encode(),
        "database": unquote(parts.path.removeprefix("/")) or None,
    }
