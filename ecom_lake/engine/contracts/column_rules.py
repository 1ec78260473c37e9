"""What a contract's columns promise, spelled as the rules that hold it.

Here: from a column's promises (never missing, within bounds, one of a list …) to `Rule`s, in the SQL that Polars and
DuckDB share. Silver's rows, gold's audit and the dictionary all speak of this one list.
Not here: whether a text can be read at all (reading.py), and keys, which are a promise about all rows together.
"""

from __future__ import annotations

from ecom_lake.engine.contracts.columns import NUMBER, Column
from ecom_lake.engine.contracts.table import Rule, Table


def derived_rules(table: Table) -> list[Rule]:
    """What the columns of a table promise, in column order; its own rules (`table.rules`) come after them."""
    return [rule for column in table.columns.values() for rule in column_rules(column)]


def column_rules(column: Column) -> list[Rule]:
    """The promises of one column, the most basic first: a row breaks the first that is false."""
    name, sql = column.name, f'"{column.name}"'
    rules = []
    if not column.nullable:
        rules.append(Rule(f"{name}_missing", f"{sql} IS NOT NULL", f"{name} is never missing."))
    if column.kind == NUMBER:
        # NaN and the infinities are the only numbers that are not 0 when taken from themselves: no engine's own function needed.
        rules.append(Rule(f"{name}_not_finite", f"{sql} - {sql} = 0", f"{name} is a finite number."))
    if bounds := _bounds(column):
        holds = " AND ".join(f"{sql} {sign} {bound}" for sign, bound, _ in bounds)
        meaning = " and ".join(f"{word} {bound}" for _, bound, word in bounds)
        rules.append(Rule(f"{name}_out_of_range", holds, f"{name} is {meaning}."))
    if column.one_of:
        listed = ", ".join("'" + value.replace("'", "''") + "'" for value in column.one_of)
        rules.append(Rule(f"{name}_not_one_of", f"{sql} IN ({listed})", f"{name} is one of {', '.join(column.one_of)}."))
    if column.first_of_month:
        rules.append(Rule(f"{name}_not_first_of_month", f"EXTRACT(DAY FROM {sql}) = 1", f"{name} is the first day of a month."))
    return rules


def _bounds(column: Column) -> list[tuple[str, int | float, str]]:
    bounds = []
    if column.at_least is not None:
        bounds.append((">=", column.at_least, "at least"))
    if column.at_most is not None:
        bounds.append(("<=", column.at_most, "at most"))
    return bounds
