"""Frequent itemsets, level by level, in DuckDB: every set of items that stands together in enough baskets, and in how many.

A set of k + 1 items is looked for only where two of its k-item subsets stand in enough baskets: those that share all but
their last item. Counts are integers, so the result is exact, and the same on any number of threads.
Not here: where baskets come from (basket_itemsets.py), and what follows from the sets (basket_rules.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

SEPARATOR = " + "


@dataclass(frozen=True)
class Limits:
    min_orders: int
    min_support: float
    max_basket_size: int
    max_itemsets: int
    max_candidates: int


def frequent_itemsets(con: duckdb.DuckDBPyConnection, lines: str, limits: Limits) -> pl.DataFrame:
    """The frequent sets, as size, items, orders and baskets.

    `lines` is a query of (basket, item), where a line may repeat; one whose item does not count has a NULL item.
    """
    with _scratch(con):
        baskets = _read_baskets(con, lines, limits.max_basket_size)
        enough = max(limits.min_orders, math.ceil(limits.min_support * baskets))
        found = [_single_items(con, enough)]
        while found[-1].height:
            if len(found) >= 2 and _candidates(con) > limits.max_candidates:
                break
            longer = _one_item_longer(con, enough)
            if len(found) >= 2 and sum(sets.height for sets in [*found, longer]) > limits.max_itemsets:
                break
            found.append(longer)
    sized = [sets.with_columns(size=pl.lit(size, pl.Int64)) for size, sets in enumerate(found, start=1)]
    return pl.concat(sized).select("size", "items", "orders", baskets=pl.lit(baskets, pl.Int64))


def _read_baskets(con: duckdb.DuckDBPyConnection, lines: str, max_basket_size: int) -> int:
    """How many baskets there are; `mined_alone` counts the items of one-line baskets, `mined_bought` has those of the others.

    Most baskets of most shops have one line: they are counted and gone, and nothing is made distinct that need not be.
    """
    con.execute(f"create temp view mined_lines as {lines}")
    con.execute("""
        create temp table mined_several as
        select basket, (row_number() over ())::integer as number
        from mined_lines
        group by basket
        having count(*) > 1
    """)
    con.execute("""
        create temp table mined_alone as
        select item, count(*) as orders
        from mined_lines
        anti join mined_several using (basket)
        group by item
    """)
    con.execute("""
        create temp table mined_bought as
        select distinct number, item
        from mined_lines
        join mined_several using (basket)
        where item is not null
    """)
    too_large = f"select number from mined_bought group by number having count(*) > {max_basket_size}"
    [(baskets,)] = _rows(
        con,
        f"""
        select
            (select coalesce(sum(orders), 0) from mined_alone)
            + (select count(*) from mined_several)
            - (select count(*) from ({too_large}))
        """,
    )
    con.execute(f"delete from mined_bought where number in ({too_large})")
    return int(baskets)


def _single_items(con: duckdb.DuckDBPyConnection, enough: int) -> pl.DataFrame:
    """The items in enough baskets, numbered in alphabetical order; `mined_held` says which basket holds which of them."""
    con.execute(f"""
        create temp table mined_items as
        select (row_number() over (order by item))::integer as itemset, item as items, sum(orders)::bigint as orders
        from (from mined_alone union all select item, count(*) from mined_bought group by item)
        where item is not null
        group by item
        having sum(orders) >= {enough}
    """)
    con.execute("""
        create temp table mined_held as
        select b.number as basket, 0 as prefix, i.itemset, i.itemset as item
        from mined_bought as b
        join mined_items as i on i.items = b.item
    """)
    con.execute("create temp table mined_sets as from mined_items")
    return _sets(con)


def _candidates(con: duckdb.DuckDBPyConnection) -> int:
    """How many sets of one item more the baskets hold that may be frequent, each counted in every basket."""
    sharing = "select count(*) as n from mined_held group by basket, prefix"
    [(candidates,)] = _rows(con, f"select coalesce(sum(n * (n - 1) // 2), 0) from ({sharing})")
    return int(candidates)


def _one_item_longer(con: duckdb.DuckDBPyConnection, enough: int) -> pl.DataFrame:
    """The frequent sets of one item more than `mined_sets`, which they replace; `mined_held` says which basket holds which."""
    pairs = "mined_held as a join mined_held as b on b.basket = a.basket and b.prefix = a.prefix and b.item > a.item"
    con.execute(f"""
        create temp table mined_longer as
        select
            (row_number() over (order by c.prefix, c.item))::integer as itemset,
            c.prefix,
            c.item,
            s.items || '{SEPARATOR}' || i.items as items,
            c.orders
        from (select a.itemset as prefix, b.item, count(*) as orders from {pairs} group by all having count(*) >= {enough}) as c
        join mined_sets as s on s.itemset = c.prefix
        join mined_items as i on i.itemset = c.item
    """)
    con.execute(f"""
        create temp table mined_held_longer as
        select a.basket, l.prefix, l.itemset, l.item
        from {pairs}
        join mined_longer as l on l.prefix = a.itemset and l.item = b.item
    """)
    con.execute("drop table mined_sets; drop table mined_held")
    con.execute("alter table mined_longer rename to mined_sets; alter table mined_held_longer rename to mined_held")
    return _sets(con)


def _sets(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    sets: pl.DataFrame = con.sql("select items, orders from mined_sets").pl()
    return sets


@contextmanager
def _scratch(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """What is made inside under a name that starts with mined_ is gone afterwards."""
    made = "select table_name, table_type from information_schema.tables where starts_with(table_name, 'mined_')"
    try:
        yield
    finally:
        for table, kind in _rows(con, made):
            con.execute(f"drop {'view' if kind == 'VIEW' else 'table'} {table}")


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return con.execute(query).fetchall()
