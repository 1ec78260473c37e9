"""What a pull reads from PostgreSQL and from MariaDB: which rows, in which form, and the sentence where it reads none."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from ecom_lake.cli import main
from ecom_lake.engine.build.pull import mariadb, postgresql
from ecom_lake.engine.build.pull import pull as pull_module
from ecom_lake.engine.build.pull.pull import pull
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.database_shop import (
    ITEMS,
    ORDERS,
    VARIABLE,
    DatabaseShop,
    MariaDBServer,
    PostgreSQLServer,
    Server,
)


@pytest.fixture
def shop(tmp_path: Path, server: Server) -> DatabaseShop:
    shop = DatabaseShop(tmp_path / "shop", server)
    shop.execute(ORDERS, ITEMS)
    return shop


def test_a_pull_lands_what_changed_and_a_build_counts_each_row_once(shop: DatabaseShop) -> None:
    shop.order("A", "2024-02-01 10:00:00", "10.00")
    shop.order("B", "2024-02-05 10:00:00", "20.00")
    first = shop.pull()
    assert [(one.fate, one.rows) for one in first.values()] == [("landed", 2), ("landed", 2)]
    assert shop.landed() == [
        "database/000001/order_items-20240205T100000.000000Z.csv.gz",
        "database/000001/orders-20240205T100000.000000Z.csv.gz",
    ]
    shop.build_silver()
    shop.order("C", "2024-02-05 12:00:00", "40.00")
    shop.execute("update order_items set unit_price = 25, updated_at = '2024-02-05 13:00:00' where order_id = 'B'")
    second = shop.pull()
    assert [one.rows for one in second.values()] == [2, 2], "B is within the overlap of a day, A is not"
    shop.build_silver()
    assert shop.silver("orders", "order_id") == [("A",), ("B",), ("C",)]
    assert [(order, str(price)) for order, price in shop.silver("order_items", "order_id", "unit_price")] == [
        ("A", "10.0000"),
        ("B", "25.0000"),
        ("C", "40.0000"),
    ]


def test_a_transaction_that_commits_late_is_read_within_the_overlap(shop: DatabaseShop) -> None:
    with shop.server.session() as late:
        late.execute("insert into orders values ('LATE', 'bob', '2024-02-01 09:00:00', '2024-02-01 09:00:00')")
        shop.order("A", "2024-02-01 10:00:00")
        assert [row["order_id"] for row in shop.rows(shop.pull()["orders"].file)] == ["A"]
        late.commit()
    assert [row["order_id"] for row in shop.rows(shop.pull()["orders"].file)] == ["A", "LATE"]


def test_a_row_that_is_dated_in_the_future_does_not_hide_the_changes_until_then(shop: DatabaseShop) -> None:
    shop.order("A", "2024-02-01 10:00:00")
    shop.order("FUTURE", "2037-02-01 10:00:00")
    assert str(shop.pull()["orders"].watermark) == "2024-02-01 10:00:00+00:00"
    shop.order("B", "2024-02-02 10:00:00")
    assert [row["order_id"] for row in shop.rows(shop.pull()["orders"].file)] == ["A", "B", "FUTURE"]


def test_rows_without_a_time_are_in_every_pull(shop: DatabaseShop) -> None:
    shop.order("A", "2024-02-01 10:00:00")
    shop.pull()
    shop.execute("insert into orders values ('B', 'bob', '2024-01-01 10:00:00', null)")
    assert [row["order_id"] for row in shop.rows(shop.pull()["orders"].file)] == ["A", "B"]


def test_only_some_columns_and_rows(tmp_path: Path, server: Server) -> None:
    settings = (
        '{ table = "sales orders", columns = ["order_id", "customer_id", "ordered_at"], '
        "where = \"customer_id <> 'bob' -- ours\" }"
    )
    shop = DatabaseShop(tmp_path / "shop", server, {"orders": settings})
    q = '"' if server.zoned == "timestamptz" else "`"
    shop.execute(ORDERS.replace("table orders", f"table {q}sales orders{q}"))
    shop.execute(f"insert into {q}sales orders{q} values ('A', 'ann', '2024-01-02', null), ('B', 'bob', '2024-01-02', null)")
    assert shop.text(shop.pull()["orders"].file) in (
        "order_id,customer_id,ordered_at\nA,ann,2024-01-02 00:00:00+00\n",
        'order_id,customer_id,ordered_at\n"A","ann",2024-01-02 00:00:00+00:00\n',
    )


def test_all_tables_are_of_one_state(shop: DatabaseShop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.order("A")

    def on_table(table: str) -> None:
        if table == "order_items":  # orders were read
            shop.order("B")

    assert [one.rows for one in pull(shop.site(), on_table=on_table)] == [1, 1]


def test_a_new_column_arrives_and_a_lost_one_is_a_sentence(shop: DatabaseShop) -> None:
    shop.order("A")
    assert shop.pull()["orders"].notes == ()
    shop.execute("alter table orders add channel varchar(9)", "alter table orders drop column ordered_at")
    pulled = shop.pull()["orders"]
    assert pulled.notes == (
        "orders no longer has ordered_at: new rows have no value there.",
        "orders has new columns: channel. Rows that were pulled before lack them until "
        "`ecom-lake pull --shop mine --tables orders --whole`.",
    )
    assert list(shop.rows(pulled.file)[0]) == ["order_id", "customer_id", "updated_at", "channel"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ('{ since = "update_at" }', "orders has no column 'update_at'; did you mean updated_at?"),
        ('{ since = "customer_id" }', "since must be a column of times or days, and orders.customer_id is not; pull it whole."),
        ('{ columns = ["order_id", "zzz"] }', "orders has no column 'zzz'; its columns are order_id, customer_id, "),
        ('{ table = "elsewhere.orders" }', "the database has no table elsewhere.orders, or its user may not see it"),
        (
            '{ where = "customer_id = = 3" }',
            "orders cannot be pulled: the database refuses the query: check `where` in lake.toml",
        ),
    ],
)
def test_a_declaration_that_the_database_refuses_is_one_sentence(
    tmp_path: Path, server: Server, settings: str, sentence: str
) -> None:
    shop = DatabaseShop(tmp_path / "shop", server, {"orders": settings})
    shop.execute(ORDERS)
    with pytest.raises(UserError) as error:
        shop.pull()
    assert sentence in str(error.value)
    assert str(error.value).count("\n") == 0


def test_times_with_a_zone_arrive_in_the_time_of_the_shop(tmp_path: Path, server: Server) -> None:
    """In two zones that are neither the server's nor each other, before, in and after a clock change in October 2024."""
    shop = DatabaseShop(tmp_path / "shop", server, timezone="Europe/Berlin")
    shop.execute(ORDERS, ITEMS)
    if isinstance(server, PostgreSQLServer):
        shop.execute("alter role current_user set timezone = 'Asia/Tokyo'", "alter role current_user set datestyle = 'SQL, DMY'")
    else:
        shop.execute("set global time_zone = '+09:00'")
    for order, at in (("A", "2024-10-26 23:30:00"), ("B", "2024-10-27 00:30:00"), ("C", "2024-10-27 01:30:00")):
        shop.order(order, at)
    assert str(shop.pull()["orders"].watermark) == "2024-10-27 01:30:00+00:00"
    shop.build_silver()
    assert [(order, str(at)) for order, at in shop.silver("orders", "order_id", "ordered_at")] == [
        ("A", "2024-10-27 01:30:00"),
        ("B", "2024-10-27 02:30:00"),
        ("C", "2024-10-27 02:30:00"),
    ]


def test_a_time_without_a_zone_is_a_watermark_without_one(tmp_path: Path, server: Server) -> None:
    """Also where the clock of the shop is set back: the hour that comes twice is within the overlap."""
    shop = DatabaseShop(tmp_path / "shop", server, timezone="America/New_York")
    naive = "timestamp" if isinstance(server, PostgreSQLServer) else "datetime"
    shop.execute(ORDERS.replace("{zoned}", naive), ITEMS.replace("{zoned}", naive))
    shop.order("A", "2024-11-03 01:59:00")
    assert shop.pull()["orders"].file == "database/000001/orders-20241103T015900.000000.csv.gz"
    shop.order("B", "2024-11-03 01:10:00")  # an hour and eleven minutes later
    assert [row["order_id"] for row in shop.rows(shop.pull()["orders"].file)] == ["A", "B"]


def test_a_day_is_a_watermark(tmp_path: Path, server: Server) -> None:
    shop = DatabaseShop(tmp_path / "shop", server, {"orders": '{ since = "updated_at", overlap = "1 hour" }'})
    shop.execute(ORDERS.replace("{zoned}", "date"), ITEMS)
    for day in ("2024-02-01", "2024-02-02", "2024-02-03"):
        shop.execute(f"insert into orders values ('{day}', 'ann', '{day}', '{day}')")
    assert shop.pull()["orders"].file == "database/000001/orders-20240203.csv.gz"
    assert [row["order_id"] for row in shop.rows(shop.pull()["orders"].file)] == ["2024-02-02", "2024-02-03"]
    shop.execute("alter table orders add changed_at timestamp", "update orders set changed_at = '2024-02-09 10:00:00'")
    other = DatabaseShop(shop.folder, server, {"orders": '{ since = "changed_at" }'})
    assert other.pull()["orders"].rows == 3, "the watermark of a day does not count for a column of times"


@pytest.mark.parametrize("kind", ["naive", "day"])
def test_a_time_before_the_year_1000_is_none(tmp_path: Path, server: Server, kind: str) -> None:
    """The default of a program that has no value: 0001-01-01, before which no pull can start."""
    naive = "timestamp" if isinstance(server, PostgreSQLServer) else "datetime"
    shop = DatabaseShop(tmp_path / "shop", server, {"orders": '{ since = "updated_at" }'})
    shop.execute(ORDERS.replace("{zoned}", "date" if kind == "day" else naive))
    add = "insert into orders values ('{0}', 'ann', '{1}', '{1}')"
    shop.execute(add.format("A", "0001-01-01"))
    assert shop.pull()["orders"].file == "database/000001/orders.csv.gz"
    assert shop.pull()["orders"].fate == "unchanged"
    shop.execute(add.format("B", "2024-02-01"))
    assert str(shop.pull()["orders"].watermark).startswith("2024-02-01")
    shop.execute(add.format("C", "0001-01-01"))
    assert [row["order_id"] for row in shop.rows(shop.pull()["orders"].file)] == ["A", "B", "C"]


# ------------------------------------------------------------------------------------------------------------------- odd values

_TEXT = "\"quoted\", 'single'\n\r\nthree lines; \\N \\. \ttab ☕ Ünïcödé\u00a0"


def test_every_value_of_postgresql_arrives_as_the_database_holds_it(tmp_path: Path, postgres_server: PostgreSQLServer) -> None:
    postgres_server.reset()
    shop = DatabaseShop(tmp_path / "shop", postgres_server, {"customers": "{}"})
    with postgres_server.session() as con:
        con.execute(
            "create table customers (customer_id text primary key, note text, blank text, nothing text, large numeric(60,30), "
            "is_new boolean, photo bytea, tags jsonb, spent money, ratio real, exact double precision, day date, "
            "at timestamp, zoned timestamptz, span interval, list text[])"
        )
        con.execute(
            "insert into customers values ('a', %s, '', null, 123456789012345678901234567890.123456789012345678901234567890, "
            "true, '\\x00ff22', '{\"a\": \"b\\\"c\"}', 1234567.89, 16777217.5, 0.1, '0044-03-15', '2024-01-01 00:00:00.123456', "
            "'2024-01-01 00:00:00+09', '1 day 02:03:04', '{\"x y\",null}')",
            [_TEXT],
        )
        con.commit()
    assert '\na,"""quoted"", ' in shop.text(shop.pull()["customers"].file)
    assert ' ☕ Ünïcödé\u00a0","",,' in shop.text("database/000001/customers.csv.gz"), "an empty text is not NULL in the file"
    [row] = shop.bronze("customers")
    del row["source_record"]
    assert {name: value for name, value in row.items() if value is not None} == {
        "customer_id": "a",
        "note": _TEXT,
        "large": "123456789012345678901234567890.123456789012345678901234567890",
        "is_new": "t",
        "photo": r"\x00ff22",
        "tags": '{"a": "b\\"c"}',
        "spent": "1234567.89",
        "ratio": "1.6777218e+07",
        "exact": "0.1",
        "day": "0044-03-15",
        "at": "2024-01-01 00:00:00.123456",
        "zoned": "2023-12-31 15:00:00+00",
        "span": "1 day 02:03:04",
        "list": '{"x y",NULL}',
    }


def test_every_value_of_mariadb_arrives_as_the_database_holds_it(tmp_path: Path, mariadb_server: MariaDBServer) -> None:
    mariadb_server.reset()
    shop = DatabaseShop(tmp_path / "shop", mariadb_server, {"customers": "{}"})
    with mariadb_server.session() as con:
        con.execute("set session sql_mode = ''")
        con.execute(
            "create table customers (customer_id varchar(9) primary key, note text, blank text, nothing text, "
            "large decimal(65,30), is_new boolean, photo blob, tags json, cheap float, dear float, fixed float(9,2), "
            "exact double, day date, never date, at datetime(6), zoned timestamp(3), zero timestamp, flags bit(9), "
            "size enum('S','L\"'), old varchar(9) character set latin1, year year)"
        )
        con.execute(
            "insert into customers values ('a', %s, '', null, "
            "12345678901234567890123456789012345.123456789012345678901234567890, true, x'00ff22', '{\"a\": \"b\"}', "
            "19.99, 1234567.8, 1234567.89, 0.1, '0044-03-15', '0000-00-00', "
            "'2024-01-01 00:00:00.123456', '2024-01-01 00:00:00.123', '0000-00-00', b'100000001', 'L\"', 'é', 2024)",
            [_TEXT],
        )
        con.commit()
    assert '☕ Ünïcödé\u00a0","",,' in shop.text(shop.pull()["customers"].file), "an empty text is not NULL in the file"
    [row] = shop.bronze("customers")
    del row["source_record"]
    assert {name: value for name, value in row.items() if value is not None} == {
        "customer_id": "a",
        "note": _TEXT,
        "large": "12345678901234567890123456789012345.123456789012345678901234567890",
        "is_new": "1",
        "photo": r"\x00ff22",
        "tags": '{"a": "b"}',
        "cheap": "19.99",
        "dear": "1234567.75",
        "fixed": "1234567.88",
        "exact": "0.1",
        "day": "0044-03-15",
        "never": "0000-00-00",
        "at": "2024-01-01 00:00:00.123456",
        "zoned": "2024-01-01 00:00:00.123+00:00",
        "zero": "0000-00-00 00:00:00",
        "flags": "257",
        "size": 'L"',
        "old": "é",
        "year": "2024",
    }


def test_a_row_of_mariadb_without_a_calendar_day_is_in_every_pull(tmp_path: Path, mariadb_server: MariaDBServer) -> None:
    mariadb_server.reset()
    shop = DatabaseShop(tmp_path / "shop", mariadb_server)
    shop.execute(ORDERS.replace("{zoned}", "datetime not null"), ITEMS)
    shop.order("A")
    shop.pull()
    shop.execute("set session sql_mode = ''", "insert into orders values ('B', 'bob', '2024-01-01', '0000-00-00')")
    rows = shop.rows(shop.pull()["orders"].file)
    assert [(row["order_id"], row["updated_at"]) for row in rows] == [
        ("A", "2024-02-01 10:00:00"),
        ("B", "0000-00-00 00:00:00"),
    ]


def test_rows_of_every_length_arrive(tmp_path: Path, mariadb_server: MariaDBServer) -> None:
    """The lengths around which the protocol writes a size differently, in the buffer of the connection and beyond it."""
    mariadb_server.reset()
    shop = DatabaseShop(tmp_path / "shop", mariadb_server, {"texts": "{}"})
    lengths = [*range(2_000), *range(65_500, 65_560, 7), 100_000, *range(240, 260)]
    shop.execute("create table texts (id int primary key, length int, body mediumtext)")
    values = ", ".join(f"({n}, {length}, repeat('x', {length}))" for n, length in enumerate(lengths))
    shop.execute(f"insert into texts values {values}")
    rows = shop.rows(shop.pull()["texts"].file)
    assert [int(row["length"]) for row in rows] == lengths
    assert [row["body"] for row in rows] == ["x" * length for length in lengths]


@pytest.mark.parametrize(
    ("types", "values"),
    [
        ("note longtext, more longtext", "repeat('x', 9000000), repeat('y', 9000000)"),
        ("photo longblob", "repeat('x', 9000000)"),
    ],
    ids=["a row", "bytes in hexadecimal"],
)
def test_a_row_that_mariadb_cannot_send_stops_the_pull(
    tmp_path: Path, mariadb_server: MariaDBServer, types: str, values: str
) -> None:
    """The row is NULL then, or the value: without the check it would be empty."""
    mariadb_server.reset()
    shop = DatabaseShop(tmp_path / "shop", mariadb_server, {"customers": "{}"})
    shop.execute(f"create table customers (customer_id varchar(9) primary key, {types})")
    shop.execute(f"insert into customers values ('a', {values})")
    with pytest.raises(UserError, match="customers cannot be pulled: a row is larger than the server's max_allowed_packet"):
        shop.pull()
    assert shop.landed() == []


def test_an_interrupted_pull_ends_at_once(shop: DatabaseShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of the rows is not read: a driver that reads them would wait for millions."""
    shop.order("A")
    generate = {
        PostgreSQLServer: "select i::text, 'a', now(), now() from generate_series(1, 100000) i",
        MariaDBServer: "select seq, 'a', now(), now() from seq_1_to_100000",
    }
    shop.execute(f"insert into orders {generate[type(shop.server)]}")
    records = []

    def interrupted(path: Path, columns: list[str], rows: Iterator[bytes]) -> None:
        records.append(next(rows))
        raise KeyboardInterrupt

    monkeypatch.setattr(pull_module, "write_csv", interrupted)
    with pytest.raises(KeyboardInterrupt):
        shop.pull()
    monkeypatch.undo()
    assert len(records) == 1
    assert shop.landed() == []
    assert shop.pull()["orders"].rows == 100_001


def test_an_interrupted_pull_of_mariadb_does_not_read_the_other_rows(
    tmp_path: Path, mariadb_server: MariaDBServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mariadb_server.reset()
    shop = DatabaseShop(tmp_path / "shop", mariadb_server, {"orders": "{}"})
    shop.execute("create table orders (order_id int primary key, note varchar(1000))")
    shop.execute("insert into orders select seq, repeat('x', 1000) from seq_1_to_10000")

    def interrupted(path: Path, columns: list[str], rows: Iterator[bytes]) -> None:
        next(rows)
        raise KeyboardInterrupt

    monkeypatch.setattr(pull_module, "write_csv", interrupted)
    before = mariadb_server.bytes_sent()
    with pytest.raises(KeyboardInterrupt):
        shop.pull()
    assert mariadb_server.bytes_sent() - before < 5_000_000, "of ten million"


# ------------------------------------------------------------------------------------------------------------- no secret is shown

SECRET = "hush"


def _guarded(shop: DatabaseShop) -> str:
    """The URL of a user with a password that needs to be encoded in a URL."""
    password = f"{SECRET}:/@?#%é"
    if isinstance(shop.server, PostgreSQLServer):
        shop.execute(
            f"create role guarded login password '{password}'",
            "grant usage on schema public to guarded",
            "grant select on all tables in schema public to guarded",
        )
    else:
        shop.execute(f"create user guarded@localhost identified by '{password}'", "grant select on shop.* to guarded@localhost")
    scheme, at, place = shop.server.url.partition("@")
    return f"{scheme.partition('://')[0]}://guarded:{quote(password, '')}{at}{place}"


def test_a_password_of_any_signs_is_encoded_in_the_url(shop: DatabaseShop) -> None:
    shop.order("A")
    assert [one.rows for one in pull(shop.site(_guarded(shop)))] == [1, 1]


_OTHER_URLS: dict[str, tuple[Callable[[str], str], str]] = {
    "wrong": (lambda url: url.replace("%40", "%41"), "cannot be reached: it refuses the user or the password."),
    "plain slash": (lambda url: url.replace("%2F", "/"), ""),
    "plain at sign": (lambda url: url.replace("%40", "@"), ""),
    "plain question mark": (lambda url: url.replace("%3F", "?"), ""),
    "plain hash": (lambda url: url.replace("%23", "#"), ""),
    "plain colon": (lambda url: url.replace("%3A", ":"), ""),
    "plain percent": (lambda url: url.replace("%25", "%"), ""),
    "unreachable": (lambda url: f"{url.split('@')[0]}@127.0.0.1:1/{SECRET}", "reached: nothing answers at its address and port."),
    "unknown host": (lambda url: f"{url.split('@')[0]}@{SECRET}.invalid/shop", "cannot be reached: its host name is not known."),
    "unknown option": (lambda url: f"{url}&{SECRET}={SECRET}", "is not a valid URL of a database"),
    "other database": (lambda url: f"oracle{url[url.index(':') :]}", "must be a URL that starts with postgresql://, mysql://"),
    "none": (lambda url: "", "SHOP_DATABASE_URL is not set: set it to the URL of the database"),
}
"""What happens to the URL, and the sentence; empty where it depends on how a driver reads such a URL."""


@pytest.mark.parametrize("option", ["", "&sslrootcert=/nowhere/hush.crt"])
def test_a_root_certificate_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    """libpq looks for it once the server has agreed to TLS, and states that it "does not exist"."""
    monkeypatch.setenv("HOME", str(tmp_path))

    def agree(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(8)
            connection.sendall(b"S")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=agree, args=(listening,), daemon=True)
        thread.start()
        url = f"postgresql://lake@127.0.0.1:{listening.getsockname()[1]}/shop?sslmode=verify-full{option}"
        with pytest.raises(UserError, match=r"root certificate .* is missing .* set sslrootcert to its path") as error:
            postgresql.connect(url, VARIABLE, "publish")
        thread.join()
    assert SECRET not in str(error.value)


def test_a_certificate_of_mariadb_that_is_missing_is_named() -> None:
    with pytest.raises(UserError, match="a certificate file that the URL names is missing or cannot be read") as error:
        mariadb.connect("mysql://lake@127.0.0.1:1/shop?ssl_ca=/nowhere/hush.pem", VARIABLE)
    assert SECRET not in str(error.value)


@pytest.mark.parametrize("case", _OTHER_URLS)
def test_no_failure_shows_a_part_of_the_password(
    shop: DatabaseShop,
    case: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On the screen, in the log, and in the record of the failure; the commands that need no database work."""
    change, sentence = _OTHER_URLS[case]
    monkeypatch.setenv("ECOM_LAKE_CONFIG", str(shop.config))
    monkeypatch.setenv("ECOM_LAKE_ROOT", str(shop.folder / "data"))
    monkeypatch.setenv("ECOM_LAKE_LOG", str(shop.folder / "log"))
    monkeypatch.setenv(VARIABLE, change(_guarded(shop)))
    code, said = main(["pull"]), capsys.readouterr()
    assert code == (1 if said.err else 0)
    assert sentence in said.err and said.err.count("\n") == code
    assert main(["status"]) in (0, 2)
    everything = said.err + said.out + "".join(capsys.readouterr())
    everything += "".join(path.read_text("utf-8", "replace") for path in shop.folder.rglob("*") if path.is_file())
    assert SECRET not in everything and "%3F" not in everything
