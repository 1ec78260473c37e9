"""Tables of many small shops, made by DuckDB and by Spark from the same rows.

Spark takes about as long to plan a query as to run it on a few rows: the query of a table is asked for many shops at once, as a
UNION of one query for each shop over tables of its own, so that no shop can read another one's rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import polars as pl
from sqlglot import exp, parse_one

from ecom_lake.engine.build.sql.on_duckdb import OnDuckDB
from ecom_lake.engine.build.sql.on_spark import OnSpark
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.hand_shop import HandShop
from ecom_lake_tests.engine.build.sql.bitwise import bits
from ecom_lake_tests.engine.build.sql.spark_shops.random_shop import random_shop

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TABLES = ("fct_sales", "fct_orders", "customer_metrics", "kpi_monthly", "rfm", "cohort_retention")


def differences(session: SparkSession, seeds: range, scratch: Path) -> Iterator[str]:
    """The tables of these shops that Spark makes with other values, each with its seed."""
    shops = {seed: random_shop(seed) for seed in seeds}
    with duckdb.connect() as con:
        here, there = OnDuckDB(con), OnSpark(session, con, scratch)
        for table in TABLES:
            asked = " union all ".join(_of_shop(there, table, seed, shop) for seed, shop in shops.items())
            found = {"duckdb": bits(here.compute(asked).pl()), "spark": bits(there.compute(asked).pl())}
            key = ["seed", *catalog.gold()[table].key]
            by_duckdb, by_spark = (rows.sort(key) for rows in found.values())
            if not by_duckdb.equals(by_spark):
                yield from (f"{table} of shop {seed}" for seed in seeds if not _of(by_duckdb, seed).equals(_of(by_spark, seed)))


def _of_shop(engine: OnSpark, table: str, seed: int, shop: HandShop) -> str:
    """The query of a table over views of this shop, which are attached, with the seed as first column."""
    recipe = catalog.recipe(table)
    shop.table(table)
    own: dict[str, str] = {}
    for read in recipe.reads:
        own[read] = f"{read}_{seed}"
        engine.attach(own[read], shop.con.sql(f"select * from {read}").pl())
    columns = ", ".join(catalog.gold()[table].columns)
    return f"select {seed} as seed, {columns} from ({_renamed(str(recipe.sql), own)}) as shop_{seed}"


def _renamed(sql: str, names: Mapping[str, str]) -> str:
    query = parse_one(sql, read="duckdb")
    own = {cte.alias for cte in query.find_all(exp.CTE)}
    for table in query.find_all(exp.Table):
        if table.name in names and table.name not in own:
            alias = table.alias or table.name
            table.this.replace(exp.to_identifier(names[table.name]))
            table.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
    return query.sql("duckdb", comments=False)


def _of(rows: pl.DataFrame, seed: int) -> pl.DataFrame:
    return rows.filter(pl.col("seed") == seed)
