"""The rules that follow from the declarations of a contract's columns.

Here: from what a column declares (never missing, within bounds, one of a list …) to `Rule`s, in the SQL that Polars and
DuckDB share. The validation of silver, the audit of gold and the dictionary all use this list.
Not here: whether a text can be parsed (reading.py), and keys, which are a rule about all rows together.
"""

from __future__ import annotations

from ecom_lake.engine.contracts.columns import NUMBER, Column
from ecom_lake.engine.contracts.table import Rule, Table


def derived_rules(table: Table) -> list[Rule]:
    """The rules of a table's columns, in column order; its own rules (`table.rules`) come after them."""
    return [rule for column in table.columns.values() for rule in column_rules(column)]


def all_row_rules(table: Table) -> list[Rule]:
    """All rules for single rows: those of the columns, then those of the table."""
    return [*derived_rules(table), *table.rules]


def column_rules(column: Column) -> list[Rule]:
    """The rules of one column, the most basic first: a row is reported for the first rule that it fails."""
    name, sql = column.name, f'"{column.name}"'
    rules = []
    if not column.nullable:
        rules.append(Rule(f"{name}_missing", f"{sql} IS NOT NULL", f"{name} is never missing."))
    if column.kind == NUMBER:
        # Only NaN and the infinities are not 0 when subtracted from themselves: no engine-specific function is needed.
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
