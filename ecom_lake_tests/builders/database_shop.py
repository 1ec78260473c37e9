"""A canonical shop whose files come from a real database: PostgreSQL or MariaDB."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import polars as pl
import psycopg
import pymysql

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.build import steps
from ecom_lake.engine.build.landing_site import open_landing_site
from ecom_lake.engine.build.pull.pull import Pulled, pull
from ecom_lake.engine.build.shop_context import Site, open_site
from ecom_lake.engine.config import Settings
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.settings import load

VARIABLE = "SHOP_DATABASE_URL"
ORDERS = "create table orders (order_id varchar(20) primary key, customer_id varchar(20), ordered_at {zoned}, updated_at {zoned})"
ITEMS = (
    "create table order_items (order_id varchar(20), line int, product_id varchar(20), unit_price decimal(12,2), "
    "updated_at {zoned}, primary key (order_id, line))"
)


class Server(Protocol):
    @property
    def url(self) -> str: ...

    @property
    def zoned(self) -> str:
        """The type of a time with a zone."""

    def reset(self) -> None:
        """Remove all tables, and what tests set."""

    def session(self) -> AbstractContextManager[Any]:
        """A connection without autocommit."""


@dataclass(frozen=True)
class PostgreSQLServer:
    url: str
    zoned: str = "timestamptz"

    def session(self) -> AbstractContextManager[Any]:
        return closing(psycopg.connect(self.url, options="-c timezone=UTC"))

    def reset(self) -> None:
        with self.session() as con:
            con.execute("alter role current_user reset all")
            con.execute("drop schema public cascade")
            con.execute("create schema public")
            con.execute("drop role if exists guarded")
            con.commit()


@dataclass(frozen=True)
class MariaDBServer:
    url: str
    zoned: str = "timestamp null"

    def session(self) -> AbstractContextManager[Any]:
        parts = urlsplit(self.url)
        socket = parse_qs(parts.query)["unix_socket"][0]
        options = {"user": parts.username, "unix_socket": socket, "database": "shop"}
        return closing(_Session(pymysql.connect(**options, init_command="set time_zone = '+00:00'")))

    def reset(self) -> None:
        with self.session() as con:
            con.execute("set global time_zone = 'SYSTEM'")
            con.execute("drop user if exists guarded@localhost")
            con.execute("drop database shop")
            con.execute("create database shop character set utf8mb4")

    def bytes_sent(self) -> int:
        """By the server, since it started."""
        with self.session() as con:
            cursor = con.connection.cursor()
            cursor.execute("show global status like 'Bytes_sent'")
            [(_, sent)] = cursor.fetchall()
        return int(sent)


@dataclass(frozen=True)
class _Session:
    """With the methods of a psycopg connection that tests use."""

    connection: Any

    def execute(self, sql: str, values: Sequence[object] | None = None) -> None:
        self.connection.cursor().execute(sql, values)

    def commit(self) -> None:
        self.connection.commit()

    def close(self) -> None:
        self.connection.close()


@dataclass(frozen=True)
class DatabaseShop:
    """The shop `mine` in a lake of its own, with the tables `orders` and `order_items` unless others are declared."""

    folder: Path
    server: Server
    tables: Mapping[str, str] = field(
        default_factory=lambda: {"orders": '{ since = "updated_at" }', "order_items": '{ since = "updated_at" }'}
    )
    timezone: str = "UTC"
    setting: str = 'connector = "canonical"'
    """Its connector or its map, and other settings."""
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        lines = "\n".join(f"{name} = {settings}" for name, settings in self.tables.items())
        self.config.write_text(
            f'[shops.mine]\n{self.setting}\nfirst_month = "2024-01"\ntimezone = "{self.timezone}"\n'
            f'[shops.mine.database]\nurl_env = "{VARIABLE}"\n[shops.mine.database.tables]\n{lines}\n',
            encoding="utf-8",
        )

    def execute(self, *statements: str) -> None:
        with self.server.session() as con:
            for statement in statements:
                con.execute(statement.replace("{zoned}", self.server.zoned))
            con.commit()

    def order(self, order: str, at: str = "2024-02-01 10:00:00", price: str = "10.00") -> None:
        self.execute(
            f"insert into orders values ('{order}', 'ann', '{at}', '{at}')",
            f"insert into order_items values ('{order}', 1, 'cup', {price}, '{at}')",
        )

    def pull(self, tables: Sequence[str] = (), whole: bool = False) -> dict[str, Pulled]:
        site = open_landing_site(self.settings(), "mine")
        return {one.table: one for one in pull(site, tables, whole)}

    def build_silver(self) -> None:
        for table, step in steps(self.site()):
            if not table.startswith("gold/"):
                step()

    def silver(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """The rows of a silver table, in order."""
        site = self.site()
        rows = site.lake.silver(site.lake.log.head(), table)
        assert rows is not None
        return sorted(rows.select(columns).collect().rows(), key=repr)

    def bronze(self, table: str) -> list[dict[str, Any]]:
        """The delivered rows of a table after an ingest."""
        site = self.site()
        ingest(site)
        return pl.read_parquet(site.lake.paths(site.lake.log.head(), TableId("bronze", table))).to_dicts()

    def rows(self, file: str) -> list[dict[str, str]]:
        """The records of a landed file; NULL and an empty text are both empty here."""
        with gzip.open(self.landing / file, "rt", encoding="utf-8", newline="") as text:
            return list(csv.DictReader(text))

    def text(self, file: str) -> str:
        with gzip.open(self.landing / file, "rt", encoding="utf-8", newline="") as text:
            return text.read()

    def landed(self) -> list[str]:
        return sorted(path.relative_to(self.landing).as_posix() for path in self.landing.rglob("*.gz"))

    def settings(self, url: str | None = None) -> Settings:
        environment = {"ECOM_LAKE_CONFIG": str(self.config), VARIABLE: self.server.url if url is None else url}
        return load(str(self.folder / "data"), environment | dict(self.environment))

    def site(self, url: str | None = None) -> Site:
        return open_site(self.settings(url), "mine")

    @property
    def config(self) -> Path:
        return self.folder / "lake.toml"

    @property
    def landing(self) -> Path:
        return self.folder / "data" / "mine" / "landing"
