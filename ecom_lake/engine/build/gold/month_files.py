"""What the query of a monthly table reads, and the files of its months: all that their content depends on.

Here: SQL over the attached inputs. Not here: which months are made, and when (by_month.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from ecom_lake.engine.build.gold.table_file import conformed, write_sorted
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.config import UNDATED, month_name
from ecom_lake.engine.contracts.table import NarrowInput, Table
from ecom_lake.engine.duckdb_engine import name
from ecom_lake.errors import UserError
from ecom_lake.words import counted

_MADE = "_rows_of_months"


def in_months(months: Sequence[date]) -> str:
    """A condition for the rows of these months. Rows of an undated shop have no month."""
    dated = ", ".join(f"date '{month:%Y-%m-%d}'" for month in months if month != UNDATED)
    conditions = [*([f"month in ({dated})"] if dated else []), *(["month is null"] if UNDATED in months else [])]
    return f"({' or '.join(conditions)})"


def narrow_rows(narrow: NarrowInput, source: str, months: Sequence[date]) -> str:
    """A query for what these months read of a table, from a query for all of its rows. The inputs with months are attached."""
    columns = ", ".join(map(name, narrow.columns))
    other, _, column = narrow.matching.rpartition(".")
    if not column:
        return f"select {columns} from ({source})"
    wanted = f"{name(column)} in (select {name(column)} from {name(other)})" if other else in_months(months)
    return f"select {columns} from ({source}) where {wanted}"


def narrow_digests(con: duckdb.DuckDBPyConnection, narrow: NarrowInput, source: str, months: Sequence[date]) -> dict[date, str]:
    """For each of these months a digest of what it reads of a table. The digest does not depend on the order of rows."""
    digest = f"count(*), sum(hash({', '.join(f'read.{name(column)}' for column in narrow.columns)})::hugeint)"
    other, _, column = narrow.matching.rpartition(".")
    if not column:
        [found] = con.execute(f"select {digest} from ({source}) as read").fetchall()
        return dict.fromkeys(months, fingerprint(list(found)))
    if other:
        matched = f"(select distinct month, {name(column)} as matched from {name(other)}) as part"
        rows, month = f"({source}) as read join {matched} on part.matched = read.{name(column)}", "part.month"
    else:
        rows, month = f"({source}) as read", "read.month"
    found_by_month = con.execute(f"select {month}, {digest} from {rows} group by {month}").fetchall()
    by_month = {UNDATED if one is None else one: found for one, *found in found_by_month}
    return {one: fingerprint(by_month.get(one)) for one in months}


def write_months(
    con: duckdb.DuckDBPyConnection,
    made: duckdb.DuckDBPyRelation | pl.DataFrame,
    table: Table,
    months: Sequence[date],
    folder: Path,
) -> dict[date, Path]:
    """Write each month of a table as a file of its own. All months are computed once, by one query."""
    con.execute(f"create table {_MADE} as {conformed(con, made, table)}")
    others = con.execute(f"select month, count(*) from {_MADE} where not coalesce({in_months(months)}, false) group by month")
    if found := others.fetchall():
        wrong = ", ".join(
            f"{'no month' if month is None else month} ({counted(rows, 'row')})" for month, rows in sorted(found, key=str)
        )
        raise UserError(
            f"{table.name} is made by month and has rows outside the months of its inputs: {wrong}. Its column month must be "
            "that of its inputs."
        )
    files = {month: folder / f"{table.name}-{month_name(month)}.parquet" for month in months}
    # DuckDB declares a column as required if the statistics of its source show no NULL. The rows of other months must not decide
    # that: with this empty branch no column is required, and all months have the same schema.
    nullable = f"select {', '.join(['null'] * len(table.columns))} from range(0)"
    for month, file in files.items():
        rows = f"select * from {_MADE} where {in_months([month])}"
        write_sorted(con, f"select * from ({rows} union all {nullable})", table.key, file)
    con.execute(f"drop table {_MADE}")
    return files
