"""Spark computes every expression that is not refused as DuckDB does: edge cases and random values, to the last bit.

Slow: it needs a Spark session, and Spark compiles a query of a hundred expressions.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pytest

from ecom_lake.engine.build.sql.on_spark import OnSpark
from ecom_lake.engine.build.sql.sql_engine import Query
from ecom_lake.errors import UserError
from ecom_lake_tests.engine.build.sql.bitwise import bits

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROWS = 1500
_INTEGERS = (0, 1, -1, 2, -7, 10, 9007199254740993, 2**40, -(2**40), None)
_SMALL = (0, 1, -1, 3, 7, -3, None)
_DOUBLES = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 1.005, 0.1, 0.285, 1e-9, -1e-7, -0.001, -0.004, 0.49999999999999994),
    *(1e300, -1e300, 5e-324, 1e15 + 0.5, 4503599627370497.5, 1e20, 1.005e9, float("inf"), float("-inf"), float("nan"), None),
)
_MONEY = ("0", "0.01", "-0.05", "2.50", "-2.50", "9999999999999999.99", "-9999999999999999.99", "90071992547409.93", None)
_PRICES = ("0", "0.0001", "-0.0500", "1.0050", "2.5000", "12345.6789", None)
_SPACES = ("\u00a0x\u3000", "\u2003x", " x\u200b", "\tx\n", "\ufeffx")
_TEXTS = (
    "",
    "a",
    "A",
    " a ",
    "ß",
    "İ",
    "ΑΣ",
    "é",
    "e\u0301",
    "日本",
    "😀a",
    "a_b",
    "a%b",
    "a\\_b",
    "10",
    "Z",
    "it's",
    *_SPACES,
    None,
)
_TIMES = (
    *(datetime(1, 1, 1), datetime(1582, 10, 10, 1, 2, 3), datetime(1850, 3, 4, 5, 6, 7, 123456), datetime(1900, 1, 1)),
    *(datetime(1969, 12, 31, 23, 59, 59, 999999), datetime(2016, 2, 29, 23, 59, 59, 999999), datetime(2017, 3, 26, 2, 30)),
    *(datetime(9999, 12, 31, 23, 59, 59), None),
)
_FLAGS = (True, False, None)

NUMBERS = (
    *(
        "i + j",
        "i * j",
        "-i",
        "i // nullif(j, 0)",
        "i % nullif(j, 0)",
        "i / j",
        "i::double",
        "i::decimal(18, 2)",
        "greatest(i, j)",
        "list_extract([10, 20, 30], i)",
        "list_extract([10, 20, 30], j)",
    ),
    *("d::double", "e::double", "d::double / e::double", "d + e", "d - e", "case when abs(d) < 1e14 then d * j end", "d % 7"),
    *("abs(d)", "d / j", "d::bigint", "e::integer", "d::decimal(18, 1)", "e::decimal(18, 2)", "round(d, 1)", "round(e, 2)"),
    *(
        "floor(d)",
        "ceil(e)",
        "d < x",
        "d = x",
        "d between 0 and e",
        "round(i, -1)",
        "x + y",
        "x * y",
        "x / nullif(y, 0)",
        "x / y",
    ),
    *("-x", "abs(x)", "sqrt(abs(x))", "floor(x)", "ceil(x)", "round(x)", "round(x, 2)", "round(x, -2)", "greatest(x, y)"),
    *("least(x, y)", "x > y", "x = y", "x <> y", "coalesce(x, y)", "power(2.0::double, j) = 1", "round(ln(abs(y)), 6)"),
    *("round(exp(least(x, 20)), 6)", "case when p then d else e end", "case when p then x else i end"),
    *("case when abs(x) < 1e27 then x::decimal(38, 10) end", "case when abs(x) < 1e15 then x::decimal(18, 2) end"),
    *("floor(x + d)", "ceil(x - e)", "round(coalesce(x, d), 2)", "round(d / 2, 2)", "round(e, 1)::bigint", "2.5::bigint"),
    *("floor(i)", "ceil(i)", "round(case when p then x else d end, 1)", "round(greatest(x, e), 1)", "i * 2.5", "i + 0.5"),
    *("case when abs(x) < 1e15 then x::bigint end", "case when abs(d) < 1e14 then (d * 1.5)::decimal(18, 2) end"),
)
TEXTS = (
    *(
        "trim(s)",
        "ltrim(s)",
        "rtrim(s)",
        "length(s)",
        "s || u",
        "concat(s, u)",
        "concat(s, i)",
        "concat(s, d, ' ', a, p)",
        "j || s",
        "s || a",
        "lpad(s, 3, '0')",
        "lpad(s, 2, 'ab')",
    ),
    *("substring(s, 2, greatest(length(s) - 3, 0))", "substring(s, 2, 0)", "s || d"),
    *("substring(s, 2, 2)", "strpos(s, 'a')", "s like 'a%'", "s like '%\u00a0%'", "s = u", "s < u", "greatest(s, u)"),
    *("nullif(s, u)", "s is distinct from u", "s in ('a', 'A')", "i::varchar", "d::varchar", "a::varchar", "p::varchar"),
    *("p and q", "p or q", "not p", "p::integer", "max(s) over (partition by j)", "min(s) over (partition by j)"),
)
TIMES = (
    *(
        "t::date",
        "a::timestamp",
        "date_trunc('month', t)",
        "date_trunc('month', a)",
        "date_trunc('week', a)",
        "date_trunc('day', t)",
    ),
    *(
        "date_trunc('hour', t)",
        "year(t)",
        "month(a)",
        "day(a)",
        "quarter(a)",
        "hour(t)",
        "minute(t)",
        "second(t)",
        "weekofyear(a)",
    ),
    *("isoyear(a)", "isodow(a)", "dayname(a)", "monthname(a)", "strftime(a, '%Y-%m')", "strftime(t, '%Y-%m-%d')", "last_day(a)"),
    *("strftime(a, '%B')", "date_diff('day', t, w)", "date_diff('month', t, w)", "date_diff('year', a, b)", "a - b", "a - 1"),
    *("(a - interval 1 month)::date", "t - interval 1 month", "make_date(2017, month(a), 1)", "t < w", "a between b and b"),
    *("greatest(t, w)", "extract(year from t)", "strftime(a, '%Y-%m-%d')::date"),
)
WINDOWS = (
    *("row_number() over (order by x, k)", "row_number() over (order by x desc, k)", "row_number() over (order by s, k)"),
    *("row_number() over (order by s desc, k)", "row_number() over (order by t, k)", "row_number() over (order by p desc, q, k)"),
    *(
        "rank() over (order by x)",
        "dense_rank() over (order by s)",
        "sum(j) over (order by k)::bigint",
    ),
    *("sum(d) over (order by k)", "lag(s) over (order by k)", "first_value(s ignore nulls) over (order by k)"),
    *("max(x) over (partition by j)", "count(x) over (partition by j)", "sum(i) filter (where p) over (order by k)::bigint"),
)


def _random_row(random: Random) -> tuple[Any, ...]:
    def double() -> float:
        any_bits: float = struct.unpack("<d", random.randbytes(8))[0]
        ordinary = (random.uniform(-10, 10), random.gauss(0, 1e6), round(random.uniform(0, 1000), 2), random.expovariate(0.01))
        return random.choice((*ordinary, any_bits))

    def decimal(digits: int, scale: int) -> str:
        return str(Decimal(random.randrange(-(10**digits), 10**digits)).scaleb(-scale))

    def time() -> datetime:
        return datetime(2017, 1, 1) + timedelta(microseconds=random.randrange(3 * 365 * 86400 * 10**6))

    return (
        *(random.randrange(-(10**12), 10**12), random.randrange(-20, 20)),
        *(decimal(random.randrange(1, 18), 2), decimal(random.randrange(1, 14), 4), double(), double()),
        *(random.choice(_TEXTS), random.choice(_TEXTS), time(), time(), time(), time()),
        *(random.random() < 0.5, random.random() < 0.5),
    )


def _edge_row(random: Random) -> tuple[Any, ...]:
    kinds = (
        _INTEGERS,
        _SMALL,
        _MONEY,
        _PRICES,
        _DOUBLES,
        _DOUBLES,
        _TEXTS,
        _TEXTS,
        _TIMES,
        _TIMES,
        _TIMES,
        _TIMES,
        _FLAGS,
        _FLAGS,
    )
    return tuple(random.choice(kind) for kind in kinds)


@pytest.fixture
def engine(spark_session: SparkSession, tmp_path: Path) -> OnSpark:
    random = Random(5)
    rows = [(k, *(_edge_row(random) if k % 2 else _random_row(random))) for k in range(ROWS)]
    frame = pl.DataFrame(rows, schema=list("kijdexysutwabpq"), orient="row", infer_schema_length=None)
    con = duckdb.connect()
    con.register("texts", frame.to_arrow())
    typed = "k, i, j, d::decimal(18, 2) as d, e::decimal(18, 4) as e, x, y, s, u, t, w, a::date as a, b::date as b, p, q"
    found = OnSpark(spark_session, con, tmp_path)
    found.attach("v", con.sql(f"select {typed} from texts").pl())
    return found


@pytest.mark.parametrize("expressions", [NUMBERS, TEXTS, TIMES, WINDOWS], ids=["numbers", "texts", "times", "windows"])
def test_an_expression_has_the_same_bits(engine: OnSpark, expressions: Sequence[str]) -> None:
    columns = ", ".join(f"{expression} as z{number}" for number, expression in enumerate(expressions))
    query = f"select k, {columns} from v"
    by_duckdb = bits(engine.con.sql(f"{query} order by k").pl())
    by_spark = bits(engine.compute(query).order("k").pl())
    assert len(by_duckdb) == ROWS
    different = {
        expression: rows.head(3).rows()
        for number, expression in enumerate(expressions)
        if len(rows := _different(by_spark, by_duckdb, f"z{number}"))
    }
    assert different == {}


ROWS_OF = (
    "select distinct on (j) j, k from v order by j, x desc, k",
    "select k from v order by s desc nulls first, k limit 30 offset 7",
    "with w as (select k, j from v where p) select w.k from w join w as v on v.k = w.k and v.j = 3",
    "with u as (select k, j from v), t as (with w as (select k from u where j = 1) select k from w)"
    " select t.k, u.j from t join u using (k) union all select k, j from u where j = 7",
    "with other as (select k from v where j = 3) select a.k from other as a join other as b using (k)",
    "select k, j from other where j = 7",
)


def test_queries_return_the_same_rows(engine: OnSpark) -> None:
    """Of which one names a CTE as the table that the next one reads."""
    engine.attach("other", Query("select k, j from v"))
    for query in ROWS_OF:
        here, there = (run(query).order("all").fetchall() for run in (engine.con.sql, engine.compute))
        assert here and there == here, query


@pytest.mark.parametrize(
    ("expression", "condition"),
    [
        ("i * i * i", "ARITHMETIC_OVERFLOW"),
        ("x::integer", "CAST_OVERFLOW"),
        ("(d * 1000)::decimal(18, 2)", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("s::date", "USER_RAISED_EXCEPTION"),
    ],
)
def test_what_is_an_error_in_duckdb_is_one_in_spark(engine: OnSpark, expression: str, condition: str) -> None:
    """And no other number: in a sentence, without the value."""
    query = f"select {expression} as z from v"
    with pytest.raises(duckdb.Error):
        engine.con.sql(query).fetchall()
    with pytest.raises(UserError, match=rf"^Spark could not run this query: {condition}[A-Z_.]*\.$"):
        engine.compute(query)


def _different(one: pl.DataFrame, other: pl.DataFrame, column: str) -> pl.DataFrame:
    both = pl.DataFrame({"k": one["k"], "spark": one[column], "duckdb": other[column]})
    return both.filter(~pl.col("spark").eq_missing(pl.col("duckdb")))
