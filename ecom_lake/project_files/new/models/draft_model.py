"""Predicts the orders of the next month: the mean of the last three months against the last month again.

Replace `predict` by a method of your own. The gate compares it with the naive method on months that neither has seen, and the
table is filled only where it is better.
"""

from __future__ import annotations

from datetime import date

import duckdb
import numpy as np
import polars as pl

from ecom_lake.engine.contracts.fitted import Card, FitSettings, Fitted, Past, Rival
from ecom_lake.engine.contracts.gate import Gate, decide, unmeasured

READS = ("kpi_monthly",)
VERSION = 1  # raise it when the model changes, so that earlier fits are not used again
TRAINING, TESTS = 3, 6  # months that a prediction looks back, and months on which it is tested


def predict(orders: np.ndarray) -> float:
    return float(orders[-TRAINING:].mean())


def naive(orders: np.ndarray) -> float:
    return float(orders[-1])


def fit(con: duckdb.DuckDBPyConnection, settings: FitSettings, past: Past) -> Fitted:
    months = con.sql("select month, orders from kpi_monthly where is_complete order by month").pl()
    orders = months["orders"].to_numpy().astype(float)
    as_of = months["month"].max()
    return _fitted(orders, as_of if isinstance(as_of, date) else None)


def _fitted(orders: np.ndarray, as_of: date | None) -> Fitted:
    table = pl.DataFrame(schema={"month": pl.Date(), "orders": pl.Float64()})
    rivals: list[Rival] = []
    if as_of is None or len(orders) < TRAINING + TESTS:
        verdict = unmeasured(f"The shop has {len(orders)} complete months; the test needs {TRAINING + TESTS}.")
    else:
        ends = range(len(orders) - TESTS, len(orders))
        ours, theirs = (np.array([abs(method(orders[:end]) - orders[end]) for end in ends]) for method in (predict, naive))
        low, high = _interval(ours - theirs)
        rivals = [Rival("mean of three months", "MAE", float(ours.mean())), Rival("last month", "MAE", float(theirs.mean()))]
        verdict = decide(
            Gate(
                candidate="mean of three months",
                metric="MAE",
                direction="lower",
                requirement="better",
                value=float(ours.mean()),
                low=float(ours.min()),
                high=float(ours.max()),
                rival="last month",
                rival_value=float(theirs.mean()),
                difference_low=low,
                difference_high=high,
            )
        )
        if verdict.is_published:
            following = date(as_of.year + as_of.month // 12, as_of.month % 12 + 1, 1)
            table = pl.DataFrame({"month": [following], "orders": [predict(orders)]}, schema=table.schema)
    card = Card(
        predicts="orders of the next month",
        population="all customers",
        as_of=as_of,
        trained_on=f"{len(orders)} complete months",
        n=len(orders),
        verdict=verdict,
        fitted_as_of=as_of,
    )
    return Fitted({"draft": table}, card, rivals)


def _interval(differences: np.ndarray) -> tuple[float, float]:
    """95% interval of the mean difference, by the normal approximation."""
    half = 1.96 * float(differences.std(ddof=1)) / len(differences) ** 0.5
    return float(differences.mean()) - half, float(differences.mean()) + half
