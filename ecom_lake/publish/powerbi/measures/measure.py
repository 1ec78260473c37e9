"""A measure, and the short forms in which most of them are written.

`sql` computes the measure from the facts, `published` is what the marts of the same release publish; both return a label (a
month, a member such as a product, or `all`) and a value. Tests run both and compare them, so that the definition is proven
where no DAX engine is at hand.
DAX and SQL are templates: `$by_lines` is the DAX condition that lines are filtered (by product or seller), `$by_others` that
anything but dates is, `$cost_coverage` the shop's smallest share of net sales with a known cost. Not here: which measures a
release gets (`model.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from ecom_lake.engine.contracts.columns import Column
from ecom_lake.shop.kpis.kpi_monthly import KpiMonthly
from ecom_lake.shop.kpis.kpi_sql import RENAMED, SUMMARY

DATES_ONLY = "Blank where anything but dates is filtered."
"""What the reader of a measure `of_dates` must know."""
EVERYTHING = "all"
"""The label of the whole history."""
VALID_LINES = "KEEPFILTERS ( Sales[is_valid] = TRUE () )"
VALID_ORDERS = "KEEPFILTERS ( Orders[is_valid] = TRUE () )"


@dataclass(frozen=True)
class Measure:
    name: str
    folder: str
    column: Column
    """Its meaning and unit."""
    dax: str
    sql: str
    published: str
    needs: tuple[str, ...]
    """Columns of gold that the release must have: `fct_orders.is_late`."""
    note: str = ""
    """What else a reader of the measure must know."""

    @property
    def meaning(self) -> str:
        return f"{self.column.meaning} {self.note}".strip()


def sum_of_lines(column: str) -> str:
    """DAX: the sum of a column over valid lines."""
    return f"CALCULATE ( SUM ( Sales[{column}] ), {VALID_LINES} )"


def of_orders(dax: str) -> str:
    """DAX over orders. Where lines are filtered, only orders with one of the lines count, each once."""
    return f"""\
IF (
    $by_lines,
    CALCULATE ( {dax}, CALCULATETABLE ( Sales, {VALID_LINES} ) ),
    {dax}
)"""


def of_dates(dax: str) -> str:
    """DAX of what only dates may filter; blank under any other filter."""
    return f"IF ( NOT ( $by_others ), {dax} )"


def count_of_orders(*conditions: str) -> str:
    """DAX: the number of orders for which all conditions are true."""
    return of_orders(f"COUNTROWS ( FILTER ( Orders, {' && '.join(conditions)} ) )")


def from_orders(value: str, condition: str = "is_valid", table: str = "fct_orders") -> str:
    """SQL: an aggregate over the rows of a fact, for the whole history and by month."""
    whole = f"select '{EVERYTHING}' as label, {value} as value from {table} where {condition}"
    return f"{whole} union all {by_month(value, condition, table)}"


def by_month(value: str, condition: str = "is_valid", table: str = "fct_orders") -> str:
    """SQL: an aggregate over the rows of a fact, by month."""
    where = f"where {condition} and month is not null group by month"
    return f"select month::varchar as label, {value} as value from {table} {where}"


def from_lines(value: str, condition: str = "is_valid") -> str:
    return from_orders(value, condition, "fct_sales")


def kpi(name: str) -> str:
    """SQL: what kpi_monthly publishes and, for the whole history, kpi_summary or else the sum of the months."""
    monthly = f"select month::varchar as label, {name}::double as value from kpi_monthly"
    if name in SUMMARY:
        metric = RENAMED.get(name, name)
        return f"{monthly} union all select '{EVERYTHING}', value from kpi_summary where metric = '{metric}'"
    if name in KpiMonthly.table.additive:
        return f"{monthly} union all select '{EVERYTHING}', sum({name}) from kpi_monthly"
    return monthly
