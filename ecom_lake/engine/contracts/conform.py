"""Validation of silver rows against a contract: every column is parsed into its type, and valid rows are split from invalid ones.

Here: the split, with the first rule that each invalid row fails. Parsing is in reading.py, the rules of columns are in
column_rules.py. Not here: keys, which are a rule about all rows together, and what happens to the invalid rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ecom_lake.engine.contracts.column_rules import column_rules, derived_rules
from ecom_lake.engine.contracts.columns import TEXT, Type
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.reading import read
from ecom_lake.engine.contracts.table import Rule, Table

EVIDENCE = 200
"""Maximum length of an invalid value that is stored, in characters."""

BAD = pl.Schema(
    {
        "source_sequence": pl.Int64(),
        "source_record": pl.Int64(),
        "rule": pl.String(),
        "column": pl.String(),
        "value": pl.String(),
    }
)


@dataclass(frozen=True)
class Conformed:
    """Every input row is in one of the two, in the input order."""

    good: pl.DataFrame
    """The contract's columns, in its order and types."""
    bad: pl.DataFrame
    """`BAD`: the lineage of the row, the first rule that it failed, the column or columns of the rule, and their values."""


@dataclass(frozen=True)
class _Failure:
    rule: str
    columns: tuple[str, ...]
    rows: pl.Series
    """True where the row fails the rule."""


def conform(rows: pl.DataFrame, table: Table) -> Conformed:
    """The rows' columns are named as in the contract and contain texts or typed values; a missing column is null throughout."""
    absent = [pl.lit(None).alias(name) for name in table.columns if name not in rows.columns]
    given = rows.with_columns(absent).select(table.columns.keys())
    typed = pl.DataFrame([_typed(given[name], column.kind) for name, column in table.columns.items()])
    failures = _failures(given, typed, table)
    if not failures:
        return Conformed(typed, BAD.to_frame())
    first = _first(failures)
    as_delivered = given.with_columns(typed.select(LINEAGE))
    return Conformed(typed.filter(first.is_null()), _evidence(as_delivered, first, failures))


def _typed(values: pl.Series, kind: Type) -> pl.Series:
    if values.dtype == kind.polars and kind != TEXT:
        return values
    if values.dtype.is_integer() and kind.is_numeric:
        return values.cast(kind.polars, strict=False)
    if values.dtype.is_float() and kind.polars.is_decimal():
        values = values.cast(pl.Decimal(38, 10), strict=False)
    return read(values.cast(pl.String), kind)


def _failures(given: pl.DataFrame, typed: pl.DataFrame, table: Table) -> list[_Failure]:
    """Every rule that some row fails, in order of precedence."""
    failures: list[_Failure] = []
    failed = _failed(typed, table)
    for name, column in table.columns.items():
        unreadable = _unreadable(given[name], typed[name])
        if unreadable.any():
            failures.append(_Failure(f"{name}_unreadable", (name,), unreadable))
        failures += [failed[rule.name] for rule in column_rules(column) if rule.name in failed]
    return failures + [failed[rule.name] for rule in table.rules if rule.name in failed]


def _unreadable(given: pl.Series, typed: pl.Series) -> pl.Series:
    if given.null_count() == typed.null_count():
        return pl.Series([False])
    lost = typed.is_null() & given.is_not_null()
    return lost & (given.str.strip_chars() != "") if given.dtype == pl.String else lost


def _failed(typed: pl.DataFrame, table: Table) -> dict[str, _Failure]:
    """The rules that some row fails, by name. Nearly always there are none, so one query checks all rules first."""
    rules = [*derived_rules(table), *(rule for rule in table.rules if rule.severity == "block")]
    is_failed = typed.select(_fails(rule).any().alias(rule.name) for rule in rules).row(0, named=True)
    return {
        rule.name: _Failure(rule.name, _columns(rule), typed.select(_fails(rule)).to_series())
        for rule in rules
        if is_failed[rule.name]
    }


def _fails(rule: Rule) -> pl.Expr:
    return (~pl.sql_expr(rule.holds)).fill_null(False)


def _columns(rule: Rule) -> tuple[str, ...]:
    return tuple(dict.fromkeys(pl.sql_expr(rule.holds).meta.root_names()))


def _first(failures: list[_Failure]) -> pl.Series:
    """Per row the index of the first failed rule, null where there is none."""
    return pl.select(
        pl.coalesce(pl.when(failure.rows).then(pl.lit(number)) for number, failure in enumerate(failures)).alias("first")
    ).to_series()


def _evidence(rows: pl.DataFrame, first: pl.Series, failures: list[_Failure]) -> pl.DataFrame:
    """`BAD` for the rows that failed a rule, in their order."""
    marked = rows.with_columns(first).with_row_index("position").filter(pl.col("first").is_not_null())
    parts = [
        marked.filter(pl.col("first") == number).select(
            "position",
            *LINEAGE,
            rule=pl.lit(failure.rule),
            column=pl.lit(", ".join(failure.columns)),
            value=pl.concat_str(pl.col(failure.columns).cast(pl.String), separator=", ").str.head(EVIDENCE),
        )
        for number, failure in enumerate(failures)
    ]
    return pl.concat(parts).sort("position").drop("position").match_to_schema(BAD)
