"""Each customer's first delivered order: how it was delivered, its characteristics, and whether the customer ordered again.

Here: which customers count, what they are exposed to, the characteristics by which they are compared, and the period in which
they may order again. Every customer is observed for the whole period; customers whose period ends after the as-of date are left
out. The characteristics were settled before the delivery. Not here: the comparison (statistics/weighted_effect.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from ecom_lake.engine.contracts.sql_file import sql_file
from ecom_lake.statistics.arrays import Floats
from ecom_lake.statistics.factor_regression import Design, factor
from ecom_lake.statistics.weighted_effect import People

COMPARED = ("month", "state", "same_state", "price", "freight", "items", "category", "seller")
_RARE = 0.01
"""A level that holds a smaller share of the customers is merged into `others`."""


@dataclass(frozen=True)
class Exposure:
    name: str
    adjusted: tuple[str, ...]
    """The characteristics by which the exposed and the unexposed are compared."""
    exposed: str
    unexposed: str
    """The names of both groups in a sentence."""


LATE = Exposure(
    "late_delivery",
    COMPARED,
    "customers whose first order was delivered late",
    "customers whose first order was delivered on time",
)
LOW_REVIEW = Exposure(
    "low_review",
    (*COMPARED, "late"),
    "customers who gave their first order 3 points or fewer",
    "customers who gave their first order 4 points or more",
)
EXPOSURES = (LATE, LOW_REVIEW)


@dataclass(frozen=True)
class Observed:
    """Exposed and unexposed customers who were observed for the whole period."""

    people: People
    reordered: Floats
    placebo: Floats

    def count(self, is_exposed: bool) -> int:
        return int(self.people.count[self.people.exposed == is_exposed].sum())

    def count_reordered(self, is_exposed: bool) -> int:
        return int((self.people.count * self.reordered)[self.people.exposed == is_exposed].sum())


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Makes the temporary table `first_deliveries`, which the queries below read."""
    con.execute(f"create or replace temp table first_deliveries as {sql_file(__file__, 'first_deliveries.sql')}")


def forget(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("drop table first_deliveries")


def observed(con: duckdb.DuckDBPyConnection, exposure: Exposure, days: int) -> Observed:
    query = sql_file(__file__, "observed_customers.sql")
    rows: pl.DataFrame = con.sql(query, params={"exposure": exposure.name, "days": days}).pl()
    rows = _with_rare_levels_merged(rows, exposure.adjusted)
    count = rows["people"].cast(pl.Float64).to_numpy()
    terms = [factor(name, rows[name].to_list(), count) for name in exposure.adjusted]
    flags = {name: rows[name].cast(pl.Float64).to_numpy() for name in ("exposed", "reordered", "placebo")}
    return Observed(
        People(Design([term for term in terms if len(term.levels) > 1], rows.height), flags["exposed"], count),
        reordered=flags["reordered"],
        placebo=flags["placebo"],
    )


def _with_rare_levels_merged(rows: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    """One row per combination of levels, with the rare levels of each characteristic merged into `others`."""
    if rows.is_empty():
        return rows
    few = _RARE * float(rows["people"].sum())
    merged = rows.with_columns(
        pl.when(pl.col("people").sum().over(name) >= few).then(name).otherwise(pl.lit("others")).alias(name) for name in names
    )
    by = ["exposed", "reordered", "placebo", *names]
    return merged.group_by(by).agg(pl.col("people").sum()).sort(by)


def reorders_by_delay(con: duckdb.DuckDBPyConnection, days: int) -> list[tuple[str, int, int]]:
    """Delay of the first order, customers, and customers who ordered again within the days."""
    return con.execute(sql_file(__file__, "reorders_by_delay.sql"), {"days": days}).fetchall()


def as_of(con: duckdb.DuckDBPyConnection) -> date | None:
    day: date | None = con.execute("select as_of from reporting_period").fetchall()[0][0]
    return day
