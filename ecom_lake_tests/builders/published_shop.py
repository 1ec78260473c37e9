"""The built lake with a real database as its target, and what readers of that database see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import polars as pl
import psycopg

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.database import Target
from ecom_lake.engine.serve.publish.publish import Published, compare, publish
from ecom_lake.engine.serve.released import released
from ecom_lake.engine.store.access import Secret
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.builders.database_shop import PostgreSQLServer, Server

SCHEMA = "lake_gold"
VARIABLE = "WAREHOUSE_URL"
FEW = ("fct_sales", "kpi_monthly", "rfm")


@dataclass(frozen=True)
class PublishedShop:
    lake: BuiltLake
    server: Server
    tables: tuple[str, ...] = FEW
    personal: bool = True

    @property
    def site(self) -> Site:
        site = self.lake.site()
        return replace(site, shop=replace(site.shop, publish={"warehouse": self.target}))

    @property
    def target(self) -> Target:
        return Target("warehouse", Secret(self.server.url), VARIABLE, SCHEMA, self.tables, self.personal)

    def publish(self, whole: bool = False) -> Published:
        return publish(self.site, self.target, whole)

    def compare(self) -> list[str]:
        return compare(self.site, self.target)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The result of a query in a connection of its own; `{}` is the schema."""
        with self.server.session() as con:
            return read(con, sql)

    def execute(self, *statements: str) -> None:
        with self.server.session() as con:
            for statement in statements:
                con.execute(statement.replace("{}", SCHEMA))
            con.commit()

    def gold(self, table: str) -> pl.DataFrame:
        site = self.lake.site()
        return pl.read_parquet(site.lake.paths(released(site), TableId("gold", table)), glob=False)

    def sum_in_gold(self, table: str, column: str) -> Any:
        return self.gold(table)[column].sum()

    @property
    def state(self) -> tuple[Any, ...]:
        """The release that is there, and figures of a table by month, of a whole one, and of the list of both."""
        [release] = self.rows("select max(`release`), max(published_at) from {}.ecom_lake_release")
        [sales] = self.rows("select count(*), sum(net_sales), count(distinct order_id) from {}.fct_sales")
        [monthly] = self.rows("select count(*), sum(net_sales), sum(orders) from {}.kpi_monthly")
        [listed] = self.rows("select sum(row_count) from {}.ecom_lake_tables where table_name = 'fct_sales'")
        return (*release, *sales, *monthly, *listed)


def read(con: Any, sql: str) -> list[tuple[Any, ...]]:
    """From PostgreSQL or from MariaDB, whose quotes of names it has."""
    text = sql.replace("{}", SCHEMA)
    if isinstance(con, psycopg.Connection):
        return con.execute(text.replace("`", '"').encode()).fetchall()
    cursor = con.connection.cursor()
    cursor.execute(text)
    return list(cursor.fetchall())


def is_postgresql(server: Server) -> bool:
    return isinstance(server, PostgreSQLServer)
