"""The text of rows: whatever a value contains, PostgreSQL and MariaDB read the same value from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from ecom_lake.engine.contracts.columns import Date, Flag, Integer, Key, Money, Number, Text, Timestamp
from ecom_lake.engine.contracts.table import Gold
from ecom_lake.engine.serve.publish.content import Content, contents
from ecom_lake.engine.serve.publish.rows import csv_texts, longest_texts, value_lists
from ecom_lake.engine.serve.released import released
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.builders.database_shop import MariaDBServer, PostgreSQLServer, Server
from ecom_lake_tests.builders.published_shop import PublishedShop, read

TEXTS = [
    "",
    "NULL",
    "\\N",
    'it\'s "so"; -- ',
    "back\\slash\\'",
    "two\nlines\r\n",
    "(1,2),(3",
    "São 🦆 \u202e",
    "%s %(a)s",
    "'); drop",
]


class Odd(Gold):
    """One row per odd text."""

    text = Key("A text.")
    maybe = Text("Another text.", nullable=True)
    number = Integer("A number.", nullable=True)
    amount = Money("An amount.", nullable=True)
    share = Number("A float.", nullable=True)
    is_odd = Flag("A flag.", nullable=True)
    day = Date("A day.", nullable=True)
    at = Timestamp("A time.", nullable=True)


def odd(folder: Path, lake: BuiltLake, server: Server) -> tuple[Content, Path, pl.DataFrame]:
    rows = pl.DataFrame(
        {
            "text": TEXTS,
            "maybe": [None, *TEXTS[1:]],
            "number": [None, *range(-(2**62), -(2**62) + len(TEXTS) - 1)],
            "amount": [None, Decimal("9999999999999999.99"), *[Decimal("-0.01")] * (len(TEXTS) - 2)],
            "share": [None, 0.1 + 0.2, 1e-300, *[1e300] * (len(TEXTS) - 3)],
            "is_odd": [None, *[True, False, True] * 3],
            "day": [None, *[date(1969, 2, 28)] * (len(TEXTS) - 1)],
            "at": [None, *[datetime(2017, 1, 1, 23, 59, 59, 999_999)] * (len(TEXTS) - 1)],
        },
        schema=Odd.table.schema,
    )
    rows.write_parquet(folder / "odd.parquet")
    shop = PublishedShop(lake, server, tables=("kpi_monthly",))
    [content] = contents(shop.site, released(shop.site), shop.target)
    return replace(content, contract=Odd.table, columns=tuple(Odd.table.columns.values())), folder / "odd.parquet", rows


def test_postgresql_reads_every_value(tmp_path: Path, built_lake: BuiltLake, postgres_server: PostgreSQLServer) -> None:
    content, path, rows = odd(tmp_path, built_lake, postgres_server)
    columns = "text text, maybe text, number bigint, amount numeric(18,2), share double precision, "
    columns += "is_odd boolean, day date, at timestamp"
    with postgres_server.session() as con:
        con.execute(f"create temp table odd ({columns})")
        with con.cursor() as cursor, cursor.copy("copy odd from stdin (format csv)") as sink:
            for text in csv_texts(content, [path]):
                sink.write(text)
        there = pl.DataFrame(read(con, "select * from odd"), schema=Odd.table.schema, orient="row")
    assert_frame_equal(there, rows, check_exact=True)


def test_mariadb_reads_every_value(tmp_path: Path, built_lake: BuiltLake, mariadb_server: MariaDBServer) -> None:
    content, path, rows = odd(tmp_path, built_lake, mariadb_server)
    columns = "text longtext, maybe longtext, number bigint, amount decimal(18,2), share double, "
    columns += "is_odd boolean, day date, at datetime(6)"
    with mariadb_server.session() as con:
        con.execute("set sql_mode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES', names utf8mb4")
        con.execute(f"create temporary table odd ({columns}) character set utf8mb4")
        for limit in (1, 10_000_000):
            con.execute("delete from odd")
            lists = list(value_lists(content, [path], limit))
            assert len(lists) == (rows.height if limit == 1 else 1)
            for values in lists:
                con.connection.cursor().execute(b"insert into odd values " + values)
            found = pl.DataFrame(read(con, "select * from odd"), schema=Odd.table.schema, orient="row", strict=False)
            assert_frame_equal(found, rows, check_exact=True)


def test_a_nul_becomes_a_replacement_character_where_a_database_has_no_nul(
    tmp_path: Path, built_lake: BuiltLake, postgres_server: PostgreSQLServer
) -> None:
    content, path, rows = odd(tmp_path, built_lake, postgres_server)
    rows.with_columns(maybe=pl.lit("a\x00b")).write_parquet(path)
    [text] = csv_texts(content, [path])
    assert b"\x00" not in text and '"a\ufffdb"'.encode() in text


def test_the_longest_texts_are_counted_in_characters(
    tmp_path: Path, built_lake: BuiltLake, postgres_server: PostgreSQLServer
) -> None:
    shop = PublishedShop(built_lake, postgres_server, tables=("kpi_monthly", "fct_sales"))
    for content in contents(shop.site, released(shop.site), shop.target):
        gold = shop.gold(content.name)
        expected = {name: max(map(len, gold[name].drop_nulls().to_list()), default=0) for name in longest_texts(content)}
        assert longest_texts(content) == expected
