"""The figures by which a published table is compared with gold: rows, values of each column, exact sums, first and last dates.

One query in the SQL that DuckDB, PostgreSQL and MariaDB share. Floating point numbers are counted and not added up: their sum
depends on the order of the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import duckdb

from ecom_lake.engine.contracts.columns import DATE, FLAG, INTEGER, MONEY, PRICE, TIMESTAMP, Column
from ecom_lake.engine.duckdb_engine import name, parquet
from ecom_lake.engine.serve.publish.content import Content
from ecom_lake.errors import UserError

_MEASURES = {
    **dict.fromkeys((INTEGER, MONEY, PRICE), (("sum", "sum({})"),)),
    **dict.fromkeys((DATE, TIMESTAMP), (("first", "min({})"), ("last", "max({})"))),
    FLAG: (("true", "count(case when {} then 1 end)"),),
}
Figures = dict[str, Any]


def query(content: Content, source: str, quote: Callable[[str], str]) -> str:
    return f"select {', '.join(sql for _, sql in _measures(content.columns, quote))} from {source}"


def named(content: Content, values: Sequence[Any]) -> Figures:
    """The values of the query by their labels."""
    labels = [label for label, _ in _measures(content.columns, name)]
    return {label: _plain(value) for label, value in zip(labels, values, strict=True)}


def in_gold(content: Content, con: duckdb.DuckDBPyConnection) -> Figures:
    paths = content.paths() or content.site.lake.locals(list(content.parts.values())[:1])
    row = con.execute(query(content, parquet(paths), name)).fetchone()
    assert row
    return named(content, row)


def difference(gold: Figures, found: Figures) -> str | None:
    """The first figure that differs, in words."""
    for label, value in gold.items():
        if found[label] != value:
            return f"{label}: {_shown(found[label])} there, {_shown(value)} in gold"
    return None


def refuse_difference(content: Content, gold: Figures, found: Figures) -> None:
    if why := difference(gold, found):
        raise UserError(
            f"{content.name} was not published: after writing it, the database has {why}. A trigger, a rule or a policy changes "
            "the rows there. Readers keep the previous release."
        )


def _measures(columns: Sequence[Column], quote: Callable[[str], str]) -> list[tuple[str, str]]:
    """A label and the SQL of each figure."""
    measures = [("rows", "count(*)")]
    for column in columns:
        quoted = quote(column.name)
        measures.append((f"values of {column.name}", f"count({quoted})"))
        measures += [(f"{label} of {column.name}", sql.format(quoted)) for label, sql in _MEASURES.get(column.kind, ())]
    return measures


def _plain(value: Any) -> Any:
    """Databases return a sum as int or as Decimal."""
    return Decimal(value) if isinstance(value, int) else value


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:,}" if isinstance(value, Decimal) else str(value)
