"""Holds a silver table's contract against rows: reads every column into its type and parts the good rows from the bad.

Here: the split, with the first promise that each bad row broke. What a text reads as is reading.py's, what a column promises
promises.py's. Not here: keys, which are a promise about all rows together, and what becomes of the bad rows.
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
"""Characters of an offending value that are kept."""

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
    """Every row given is in one of the two, in the order given."""

    good: pl.DataFrame
    """The contract's columns, in its order and types."""
    bad: pl.DataFrame
    """`BAD`: whence the row came, the first promise that it broke, of which column (or columns), and what stood there."""


@dataclass(frozen=True)
class _Breach:
    rule: str
    columns: tuple[str, ...]
    rows: pl.Series
    """True where the row breaks the rule."""


def conform(rows: pl.DataFrame, table: Table) -> Conformed:
    """Rows are named as in the contract and hold texts or typed values; a column that is not there is null throughout."""
    absent = [pl.lit(None).alias(name) for name in table.columns if name not in rows.columns]
    given = rows.with_columns(absent).select(table.columns.keys())
    typed = pl.DataFrame([_typed(given[name], column.kind) for name, column in table.columns.items()])
    breaches = _breaches(given, typed, table)
    if not breaches:
        return Conformed(typed, BAD.to_frame())
    first = _first(breaches)
    as_delivered = given.with_columns(typed.select(LINEAGE))
    return Conformed(typed.filter(first.is_null()), _evidence(as_delivered, first, breaches))


def _typed(values: pl.Series, kind: Type) -> pl.Series:
    if values.dtype == kind.polars and kind != TEXT:
        return values
    if values.dtype.is_integer() and kind.polars.is_numeric():
        return values.cast(kind.polars, strict=False)
    if values.dtype.is_float() and kind.polars.is_decimal():
        values = values.cast(pl.Decimal(38, 10), strict=False)
    return read(values.cast(pl.String), kind)


def _breaches(given: pl.DataFrame, typed: pl.DataFrame, table: Table) -> list[_Breach]:
    """Every promise that some row breaks, in the order in which they count."""
    breaches: list[_Breach] = []
    broken = _broken(typed, table)
    for name, column in table.columns.items():
        unreadable = _unreadable(given[name], typed[name])
        if unreadable.any():
            breaches.append(_Breach(f"{name}_unreadable", (name,), unreadable))
        breaches += [broken[rule.name] for rule in column_rules(column) if rule.name in broken]
    return breaches + [broken[rule.name] for rule in table.rules if rule.name in broken]


def _unreadable(given: pl.Series, typed: pl.Series) -> pl.Series:
    if given.null_count() == typed.null_count():
        return pl.Series([False])
    lost = typed.is_null() & given.is_not_null()
    return lost & (given.str.strip_chars() != "") if given.dtype == pl.String else lost


def _broken(typed: pl.DataFrame, table: Table) -> dict[str, _Breach]:
    """The rules that some row breaks, by name. Nearly always there are none, so that is asked first, of all of them at once."""
    rules = [*derived_rules(table), *(rule for rule in table.rules if rule.severity == "block")]
    is_broken = typed.select(_breaks(rule).any().alias(rule.name) for rule in rules).row(0, named=True)
    return {
        rule.name: _Breach(rule.name, _columns(rule), typed.select(_breaks(rule)).to_series())
        for rule in rules
        if is_broken[rule.name]
    }


def _breaks(rule: Rule) -> pl.Expr:
    return (~pl.sql_expr(rule.holds)).fill_null(False)


def _columns(rule: Rule) -> tuple[str, ...]:
    return tuple(dict.fromkeys(pl.sql_expr(rule.holds).meta.root_names()))


def _first(breaches: list[_Breach]) -> pl.Series:
    """Per row the number of the first breach, null where there is none."""
    return pl.select(
        pl.coalesce(pl.when(breach.rows).then(pl.lit(number)) for number, breach in enumerate(breaches)).alias("first")
    ).to_series()


def _evidence(rows: pl.DataFrame, first: pl.Series, breaches: list[_Breach]) -> pl.DataFrame:
    """`BAD` for the rows that broke something, in their order."""
    marked = rows.with_columns(first).with_row_index("position").filter(pl.col("first").is_not_null())
    parts = [
        marked.filter(pl.col("first") == number).select(
            "position",
            *LINEAGE,
            rule=pl.lit(breach.rule),
            column=pl.lit(", ".join(breach.columns)),
            value=pl.concat_str(pl.col(breach.columns).cast(pl.String), separator=", ").str.head(EVIDENCE),
        )
        for number, breach in enumerate(breaches)
    ]
    return pl.concat(parts).sort("position").drop("position").match_to_schema(BAD)
