"""Frequent itemsets, level by level (Apriori), in DuckDB: every set of items that is in enough baskets, and in how many.

A candidate of k + 1 items is two frequent sets of k items that share all but their last item. Counts are integers, so the result
is exact, and the same on any number of threads. Not here: the baskets (basket_itemsets_build.py), and the rules that follow from
the sets (basket_rules_build.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import polars as pl

from ecom_lake.engine.contracts.sql_file import sql_file


@dataclass(frozen=True)
class Limits:
    min_orders: int
    min_support: float
    max_basket_size: int
    max_itemsets: int
    max_candidates: int


def frequent_itemsets(con: duckdb.DuckDBPyConnection, lines: str, limits: Limits) -> pl.DataFrame:
    """The frequent sets, as size, items, orders and baskets.

    `lines` is a query of (basket, item), in which a line may repeat; a line whose item does not count has a NULL item.
    """
    with _scratch_tables(con):
        baskets = _read_baskets(con, lines, limits.max_basket_size)
        min_orders = max(limits.min_orders, math.ceil(limits.min_support * baskets))
        found = [_single_items(con, min_orders)]
        while found[-1].height:
            if len(found) >= 2 and _candidates(con) > limits.max_candidates:
                break
            longer = _one_item_longer(con, min_orders)
            if len(found) >= 2 and sum(sets.height for sets in [*found, longer]) > limits.max_itemsets:
                break
            found.append(longer)
    sized = [sets.with_columns(size=pl.lit(size, pl.Int64)) for size, sets in enumerate(found, start=1)]
    return pl.concat(sized).select("size", "items", "orders", baskets=pl.lit(baskets, pl.Int64))


def _read_baskets(con: duckdb.DuckDBPyConnection, lines: str, max_basket_size: int) -> int:
    """The number of baskets. `mined_alone` counts the items of one-line baskets, `mined_bought` holds those of the others.

    Most baskets of most shops have one line: they are only counted, and need no deduplication.
    """
    con.execute(f"create temp view mined_lines as {lines}")
    _create(con, "mined_several", sql_file(__file__, "itemsets_several.sql"))
    _create(con, "mined_alone", sql_file(__file__, "itemsets_alone.sql"))
    _create(con, "mined_bought", sql_file(__file__, "itemsets_bought.sql"))
    _create(con, "mined_too_large", sql_file(__file__, "itemsets_too_large.sql"), max_basket_size=max_basket_size)
    con.execute("delete from mined_bought where number in (select number from mined_too_large)")
    return _number(con, sql_file(__file__, "itemsets_baskets.sql"))


def _single_items(con: duckdb.DuckDBPyConnection, min_orders: int) -> pl.DataFrame:
    """The items in enough baskets, numbered in alphabetical order; `mined_held` lists them by basket."""
    _create(con, "mined_items", sql_file(__file__, "itemsets_single.sql"), min_orders=min_orders)
    _create(con, "mined_held", sql_file(__file__, "itemsets_held.sql"))
    con.execute("create temp table mined_sets as from mined_items")
    return _sets(con)


def _candidates(con: duckdb.DuckDBPyConnection) -> int:
    """The candidates of one item more in the baskets, each counted in every basket."""
    return _number(con, sql_file(__file__, "itemsets_candidates.sql"))


def _one_item_longer(con: duckdb.DuckDBPyConnection, min_orders: int) -> pl.DataFrame:
    """The frequent sets of one item more; they replace `mined_sets`, and `mined_held` lists them by basket."""
    _create(con, "mined_longer", sql_file(__file__, "itemsets_longer.sql"), min_orders=min_orders)
    _create(con, "mined_held_longer", sql_file(__file__, "itemsets_held_longer.sql"))
    con.execute("drop table mined_sets; drop table mined_held")
    con.execute("alter table mined_longer rename to mined_sets; alter table mined_held_longer rename to mined_held")
    return _sets(con)


def _sets(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    sets: pl.DataFrame = con.sql("select items, orders from mined_sets").pl()
    return sets


@contextmanager
def _scratch_tables(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Tables and views whose names start with mined_ are dropped at the end."""
    made = "select table_name, table_type from information_schema.tables where starts_with(table_name, 'mined_')"
    try:
        yield
    finally:
        for table, kind in con.execute(made).fetchall():
            con.execute(f"drop {'view' if kind == 'VIEW' else 'table'} {table}")


def _create(con: duckdb.DuckDBPyConnection, table: str, query: str, **parameters: int) -> None:
    con.execute(f"create temp table {table} as {query}", parameters or None)


def _number(con: duckdb.DuckDBPyConnection, query: str) -> int:
    [(number,)] = con.execute(query).fetchall()
    return int(number)
