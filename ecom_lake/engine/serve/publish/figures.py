"""The figures by which a published table is compared with gold: rows, values of each column, exact sums, first and last dates,
smallest and largest floating point numbers, lengths of texts; in a check also the number of distinct texts.

One query in the SQL that DuckDB, PostgreSQL and MariaDB share. Floating point numbers are not added up: their sum depends on the
order of the rows. Distinct texts are counted in a check only, because the database sorts all texts for it.
Not found: values that change places, and a floating point number that changes between the smallest and the largest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import duckdb

from ecom_lake.engine.contracts.columns import DATE, FLAG, INTEGER, MONEY, NUMBER, PRICE, TEXT, TIMESTAMP, Column
from ecom_lake.engine.duckdb_engine import name, parquet
from ecom_lake.engine.serve.publish.content import Content
from ecom_lake.errors import UserError

_MEASURES = {
    **dict.fromkeys((INTEGER, MONEY, PRICE), (("sum", "sum({})"),)),
    **dict.fromkeys((DATE, TIMESTAMP), (("first", "min({})"), ("last", "max({})"))),
    FLAG: (("true", "count(case when {} then 1 end)"),),
    NUMBER: (("smallest", "min({})"), ("largest", "max({})")),
    TEXT: (("characters", "sum(char_length({}))"),),
}
_OF_A_CHECK = {TEXT: (("distinct values", "count(distinct {})"),)}
COMPARED = (
    "rows and values of every column, sums of whole numbers and amounts, smallest and largest other numbers, first and last "
    "dates, true flags, characters and distinct values of texts"
)
"""What a check compares, in words."""
Figures = dict[str, Any]


def query(content: Content, source: str, quote: Callable[[str], str], is_check: bool) -> str:
    return f"select {', '.join(sql for _, sql in _measures(content.columns, quote, is_check))} from {source}"


def named(content: Content, values: Sequence[Any], is_check: bool) -> Figures:
    """The values of the query by their labels."""
    labels = [label for label, _ in _measures(content.columns, name, is_check)]
    return {label: _plain(value) for label, value in zip(labels, values, strict=True)}


def in_gold(content: Content, con: duckdb.DuckDBPyConnection, is_check: bool) -> Figures:
    paths = content.paths() or content.site.lake.locals(list(content.parts.values())[:1])
    row = con.execute(query(content, parquet(paths), name, is_check)).fetchone()
    assert row
    return named(content, row, is_check)


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


def _measures(columns: Sequence[Column], quote: Callable[[str], str], is_check: bool) -> list[tuple[str, str]]:
    """A label and the SQL of each figure."""
    measures = [("rows", "count(*)")]
    for column in columns:
        quoted = quote(column.name)
        measures.append((f"values of {column.name}", f"count({quoted})"))
        of_kind = (*_MEASURES.get(column.kind, ()), *(_OF_A_CHECK.get(column.kind, ()) if is_check else ()))
        measures += [(f"{label} of {column.name}", sql.format(quoted)) for label, sql in of_kind]
    return measures


def _plain(value: Any) -> Any:
    """Databases return a sum as int or as Decimal."""
    return Decimal(value) if isinstance(value, int) else value


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:,}" if isinstance(value, Decimal) else str(value)
