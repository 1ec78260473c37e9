"""The types that decide how a query is translated are those of DuckDB's plan: whole number, decimal, double, text, date, time."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from sqlglot import parse_one

from ecom_lake.engine.build.sql.spark_types import set_types
from ecom_lake_tests.engine.build.sql.test_spark_values import NUMBERS, TEXTS, TIMES, WINDOWS

COLUMNS = {
    "k": "BIGINT",
    "i": "BIGINT",
    "j": "BIGINT",
    "d": "DECIMAL(18,2)",
    "e": "DECIMAL(18,4)",
    "x": "DOUBLE",
    "y": "DOUBLE",
    "s": "VARCHAR",
    "u": "VARCHAR",
    "t": "TIMESTAMP",
    "w": "TIMESTAMP",
    "a": "DATE",
    "b": "DATE",
    "p": "BOOLEAN",
    "q": "BOOLEAN",
}
MIXED = (
    *("x + d", "d + x", "x * d", "x - d", "d / 2", "i / 2", "x % d", "d * x + 1", "1e3 + d", "i * 1e0", "i + 1.5", "2.5 * i"),
    *("coalesce(x, d)", "ifnull(d, x)", "coalesce(d, i, x)", "coalesce(i, d)", "coalesce(null, x)", "coalesce(null, null, d)"),
    *("case when p then x else d end", "case i when 1 then x when 2 then d end", "case when p then 0 else d end"),
    *("case when p then 1.5 else x end", "if(p, x, d)", "if(p, 1, 2.5)", "greatest(x, d)", "greatest(x, i, d)", "least(1, 2.5)"),
    *("nullif(x, d)", "nullif(d, x)", "nullif(1, x)", "lag(d, 1, x) over (order by k)", "lead(x) over (order by k)"),
    *("1.5", "-2.5", "2.5 - 1", "i % 2.5", "mod(d, 2)", "length(s) + 0.5", "p::integer + x", "abs(i - d)"),
    *("floor(i)", "ceil(i)", "floor(d)", "round(i)", "round(i, -1)", "round(d, 1)", "round(d)", "round(d, -1)", "round(x, 2)"),
    *("sum(d)", "sum(x)", "sum(i)", "sum(i) * 1.0", "sum(d * i)::decimal(18, 2)", "count_if(p) * 1.5", "count(*) / 2", "max(x)"),
    *("a - b", "a - 1", "1 + a", "a - b + 0.5", "date_diff('month', a, b) + d", "isoyear(a)", "isoyear(a) + x"),
    *("list_extract([d], 1)", "list_extract([1, 2], 1)", "(select max(x) from v) * d", "x::decimal(18, 2) / 2", "d::hugeint + x"),
    *("month(a) - 1", "second(t)", "lpad(s, 3, '0')", "greatest(a, b)", "interval 1 month + a", "sum(i) over () * d"),
    *("max(x) filter (where p)", "quantile_cont(x, 0.9)", "rank() over (order by k) - 1.5", "bool_or(p)", "s || i"),
)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(f"create table v ({', '.join(f'{column} {kind}' for column, kind in COLUMNS.items())})")
        yield con


@pytest.mark.parametrize(
    "expressions", [MIXED, NUMBERS, TEXTS, TIMES, WINDOWS], ids=["mixed", "numbers", "texts", "times", "windows"]
)
def test_the_type_of_an_expression_is_that_of_duckdb(con: duckdb.DuckDBPyConnection, expressions: tuple[str, ...]) -> None:
    different = {}
    for expression in expressions:
        query = parse_one(f"select {expression} as z from v", read="duckdb")
        assert set_types(query, {"v": COLUMNS})
        derived, (planned,) = query.expressions[0].this.type, con.sql(f"select {expression} from v").types
        if _family(derived.sql("duckdb")) != _family(str(planned)):
            different[expression] = (derived.sql("duckdb"), str(planned))
    assert different == {}


def test_a_column_of_an_unknown_table_has_no_type() -> None:
    query = parse_one("select x + 1 as y from records", read="duckdb")
    assert not set_types(query, {"v": COLUMNS})
    assert query.expressions[0].this.type.sql() == "UNKNOWN"


def _family(kind: str) -> str:
    name = kind.partition("(")[0]
    return _FAMILIES.get(name, name)


_FAMILIES = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), "INT"),
    "TEXT": "VARCHAR",
    "DATETIME": "TIMESTAMP",
}
