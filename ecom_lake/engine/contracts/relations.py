"""Relations between the columns of one row, as rules: a ratio of two columns, an amount rounded to the cent, a date's month.

Here: relations that several contracts use, each defined once. Not here: rules of a single contract (they are in that
contract), and relations between tables (identities.py).
"""

from __future__ import annotations

from ecom_lake.engine.contracts.table import Rule

PRECISION = "1e-12"
"""The relative difference within which two doubles count as equal: thousands of times the last bit of a double."""


def rounded_to_the_cent(name: str, amount: str, exact: str) -> Rule:
    """`amount` is the exact decimal, rounded half away from zero; both are at least 0, and NULL together.

    It compares with half a cent instead of calling ROUND, which engines define differently.
    """
    holds = f"({amount} IS NULL) = ({exact} IS NULL) AND {amount} - {exact} <= 0.005 AND {amount} - {exact} > -0.005"
    return Rule(name, holds, f"{amount} is {exact}, rounded half away from zero to the cent.")


def ratio(name: str, value: str, part: str, whole: str) -> Rule:
    """`value`, a double, is `part` divided by `whole`; it is NULL exactly where either is NULL or the whole is 0."""
    undivided = f"{part} IS NULL OR {whole} IS NULL OR {whole} = 0"
    holds = f"({value} IS NULL) = ({undivided}) AND {same(f'{value} * {whole}', part)}"
    return Rule(name, holds, f"{value} is {part} / {whole}, and NULL where that cannot be divided.")


def same(one: str, other: str) -> str:
    """A condition: two doubles are equal, except for rounding. NULL where either is."""
    return f"abs({one} - {other}) <= {PRECISION} * (1 + abs({other}))"


def month_of(name: str, month: str, moment: str) -> Rule:
    """`month` is the month of a date or time, and NULL with it; that it is the first day is declared by the column."""
    holds = f"({month} IS NULL) = ({moment} IS NULL) AND {same_month(month, moment)}"
    return Rule(name, holds, f"{month} is the month of {moment}.")


def same_month(one: str, other: str) -> str:
    """A condition: two dates or times lie in the same month. NULL where either is."""
    parts = (f"EXTRACT({part} FROM {one}) = EXTRACT({part} FROM {other})" for part in ("YEAR", "MONTH"))
    return " AND ".join(parts)
