"""Rows that fail a rule of a contract: valid rows with one value changed by the smallest step of its type.

A rule that no such row fails is useless, and its test fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb
import polars as pl

from ecom_lake.engine.contracts.columns import Column
from ecom_lake.engine.contracts.table import Rule, Table

_CHANGES = {
    "integer": ("coalesce({0}, 0) + 1", "{0} - 1", "0", "coalesce({0}, 0) + 1000"),
    "money": ("coalesce({0}, 0) + 0.01", "{0} - 0.01", "coalesce({0}, 0) + 1000000", "{0} - 1000000"),
    "price": ("coalesce({0}, 0) + 0.01", "{0} - 0.01"),
    "number": ("coalesce({0}, 0) + 0.001", "{0} - 0.001", "1000 + abs(coalesce({0}, 0))", "-1000 - abs(coalesce({0}, 0))"),
    "flag": ("not coalesce({0}, false)",),
    "date": ("coalesce({0}, date '2017-01-01') + 1", "{0} - 1", "{0} + 366"),
    "timestamp": ("coalesce({0}, timestamp '2017-01-01') + interval 1 day", "{0} - interval 1 day", "{0} + interval 366 day"),
    "text": ("coalesce({0}, '') || '?'", "left({0}, 1)", "'unknown'"),
}
_PLAIN = {"flag": "true", "date": "date '2017-01-01'", "timestamp": "timestamp '2017-01-01'", "text": "'text'"}


def broken_rows(con: duckdb.DuckDBPyConnection, table: Table, rule: Rule, source: str) -> Iterator[pl.DataFrame]:
    """Single rows with one changed value that fail the rule: rows of `source` first, smallest changes first; then a row of
    constant values, for a table that is empty or has only NULL in the columns of the rule."""
    named = [column for column in table.columns.values() if re.search(rf"\b{column.name}\b", rule.holds)]
    for rows in (source, _plain_row(table)):
        for column in named:
            for change in _changes(column, named):
                changed = f'select * replace (({change})::{column.kind.duckdb} as "{column.name}") from {rows}'
                row = con.sql(f"select * from ({changed}) as changed where not ({rule.holds}) limit 1").pl()
                if row.height:
                    yield row.match_to_schema(table.schema)


def _changes(column: Column, named: list[Column]) -> Iterator[str]:
    yield from (change.format(f'"{column.name}"') for change in _CHANGES[column.kind.name])
    yield from (f"'{value}'" for value in column.one_of)
    yield from (f'"{other.name}"' for other in named if other.kind == column.kind and other != column)
    yield "null"


def _plain_row(table: Table) -> str:
    values = (
        f'({_PLAIN.get(column.kind.name, "1")})::{column.kind.duckdb} as "{column.name}"' for column in table.columns.values()
    )
    return f"(select {', '.join(values)})"
