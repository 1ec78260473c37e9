"""Translating SQL from DuckDB's dialect to Spark's, with the same result to the last bit, or refusing it in one sentence.

sqlglot translates the syntax, and every expression has a type (spark_types.py). What the two engines compute differently is
rewritten (spark_rewrites.py); what nothing proves to be equal is refused (spark_refusals.py); a CTE that is read more than once
becomes a step (spark_steps.py). Here: text to text. Not here: running it (on_spark.py). Only code that needs the translation
imports this module, and sqlglot, which belongs to the extra `spark`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import ErrorLevel, exp, parse, parse_one
from sqlglot.errors import SqlglotError

from ecom_lake.engine.build.sql.spark_refusals import why_not_by_digits, why_not_by_name, why_not_by_shape, why_not_by_type
from ecom_lake.engine.build.sql.spark_rewrites import rewrite_all, write_windows_out
from ecom_lake.engine.build.sql.spark_steps import take_steps
from ecom_lake.engine.build.sql.spark_types import Schema, set_types


@dataclass(frozen=True)
class SparkSQL:
    """A translated query, and the views that are computed before it, each once, in this order."""

    steps: Sequence[tuple[str, str]]
    query: str


class UntranslatableError(ValueError):
    """A query without a proven translation; the message names the construct and what to write instead."""


def to_spark(sql: str, schema: Schema, is_condition: bool = False) -> SparkSQL:
    """The translation of a query over these tables. `is_condition`: its rows are no values of a table, but violations, whose
    conditions allow for the last digit of sums of doubles."""
    query = _parsed(sql)
    write_windows_out(query)
    if why := [*why_not_by_shape(query), *why_not_by_name(query)]:
        raise UntranslatableError(" ".join(dict.fromkeys(why)))
    try:
        is_known = set_types(query, schema)
        if why := [*why_not_by_type(query, is_condition, is_known), *([] if is_condition else why_not_by_digits(query))]:
            raise UntranslatableError(" ".join(dict.fromkeys(why)))
        rewrite_all(query)
        steps = [(name, _text(step)) for name, step in take_steps(query)]
        return SparkSQL(steps, _text(query))
    except SqlglotError as error:
        raise UntranslatableError(f"Spark has no equivalent of this query: {str(error).splitlines()[0]}.") from None


def why_not(sql: str, schema: Schema, is_condition: bool = False) -> str | None:
    """Why a query does not run on Spark; None if it does."""
    try:
        to_spark(sql, schema, is_condition)
    except UntranslatableError as error:
        return str(error)
    return None


def tables_read(sql: str) -> set[str]:
    """The names after FROM and JOIN in a query, of tables and CTEs."""
    return {table.name for table in parse_one(sql, read="duckdb").find_all(exp.Table)}


def _parsed(sql: str) -> exp.Expr:
    try:
        statements = parse(sql, read="duckdb")
    except SqlglotError as error:
        raise UntranslatableError(f"sqlglot cannot parse this query: {str(error).splitlines()[0]}.") from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise UntranslatableError("Only one SELECT can be translated.")
    return statements[0]


def _text(query: exp.Expr) -> str:
    """Every name is quoted, so that a word that Spark reserves may be a name."""
    return query.sql("spark", unsupported_level=ErrorLevel.RAISE, identify=True, comments=False)
