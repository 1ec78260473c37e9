"""The predicted value of each customer: expected purchases times what a purchase is worth, discounted.

Customers with one history get one prediction of purchases, and customers with as many paid repeat purchases one rule for their
spending; a join brings both to every customer. The interval covers the uncertainty of the models' parameters, not the chance in
what one customer does, which `p_order` shows. Not here: fitting and testing the models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl

from ecom_lake.engine.contracts.sql_file import sql_file
from ecom_lake.shop.customer_value import bg_nbd
from ecom_lake.shop.customer_value.bg_nbd import DAYS_A_WEEK, Histories
from ecom_lake.shop.customer_value.customer_value import CustomerValue
from ecom_lake.shop.customer_value.gamma_gamma import Spending
from ecom_lake.shop.customer_value.holdout_test import YEAR_DAYS
from ecom_lake.shop.customer_value.purchase_histories import ObservationPeriod, of_customers
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.arrays import Floats
from ecom_lake.statistics.maximum_likelihood import FittedParameters

_QUARTER_DAYS = 91.25
"""Spending of one such period is discounted from its middle."""
_Z80 = 1.281552
"""Quantile of the standard normal distribution at 90%: the interval holds 80%."""
_STEP = 1e-4


@dataclass(frozen=True)
class ShopMean:
    """What the average customer does in so many days, with variances."""

    days: int
    orders: float
    variance: float
    spend: float
    spend_variance: float


def by_model(
    con: duckdb.DuckDBPyConnection,
    period: ObservationPeriod,
    settings: MiningSettings,
    days: int,
    model: str,
    predicted: pl.DataFrame,
    spending: Spending,
) -> pl.DataFrame:
    """`predicted` has one row per history, for so many days."""
    con.register("value_groups", predicted.to_arrow())
    con.register("value_spending", spending.by_n.to_arrow())
    con.register("value_histories", of_customers(con, period.as_of).to_arrow())
    parameters = {
        "model": model,
        "spend_method": spending.method,
        "as_of": period.as_of,
        "days": days,
        "weeks": days / DAYS_A_WEEK,
        "min_alive": settings.value_min_alive,
        "z": _Z80,
    }
    return _with_twelve_months(con.sql(sql_file(__file__, "predicted_value.sql"), params=parameters).pl())


def by_mean(con: duckdb.DuckDBPyConnection, settings: MiningSettings, mean: ShopMean) -> pl.DataFrame:
    """The same prediction for every customer; whether a customer has left is not known then."""
    value = mean.orders * float(np.mean(_discounts(mean.days, settings))) * mean.spend
    relative_variance = mean.variance / mean.orders**2 + (mean.spend_variance / mean.spend**2 if mean.spend else 0.0)
    low, high = (value * float(np.exp(sign * _Z80 * np.sqrt(relative_variance))) for sign in (-1, 1))
    columns = {
        "horizon_days": mean.days,
        "expected_orders": round(mean.orders, 6),
        "predicted_value": round(value, 2),
        "low": round(low, 2),
        "high": round(high, 2),
        "method": "mean of the shop",
        "spend_method": "mean of the shop",
    }
    return _with_twelve_months(_historic(con).with_columns(**{name: pl.lit(value) for name, value in columns.items()}))


def historic_only(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    return _historic(con).with_columns(method=pl.lit("none"))


def _with_twelve_months(table: pl.DataFrame) -> pl.DataFrame:
    """The columns of twelve months are filled where twelve months were tested, and NULL otherwise."""
    is_year = pl.col("horizon_days") == YEAR_DAYS
    return table.with_columns(
        pl.when(is_year).then(name).alias(f"{name}_12m") for name in ("expected_orders", "p_order", "predicted_value")
    )


def _historic(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    rows: pl.DataFrame = con.table("customer_metrics").select("customer_id", "net_sales").pl()
    rows = rows.rename({"net_sales": "historic_value"})
    types = CustomerValue.table.schema
    return rows.with_columns(pl.lit(None, kind).alias(name) for name, kind in types.items() if name not in rows.columns)


def groups(model: str, fit: FittedParameters, known: Histories, days: int, settings: MiningSettings) -> pl.DataFrame:
    """One row per history: the prediction for the customers who share it, for so many days."""
    x, t_x, age = known.x, known.t_x, known.age
    weeks = days / DAYS_A_WEEK
    alive = bg_nbd.p_alive(model, fit.parameters, x, t_x, age)
    orders, discounted = _purchases(model, fit.parameters, known, days, settings)
    return pl.DataFrame(
        {
            "x": x,
            "t_x": t_x,
            "age": age,
            "p_alive": alive,
            "p_any": alive * bg_nbd.p_any(fit.parameters, x, age, weeks),
            "orders": orders,
            "discounted": discounted,
            "variance": _variance(model, fit, known, days, settings),
            "weeks_to_next": np.minimum(bg_nbd.weeks_to_next(fit.parameters, x, age), 10 * YEAR_DAYS / DAYS_A_WEEK),
        }
    )


def _variance(model: str, fit: FittedParameters, known: Histories, days: int, settings: MiningSettings) -> Floats:
    """Of the logarithm of the discounted purchases, by the delta method."""
    names, logs = list(fit.parameters), np.log(list(fit.parameters.values()))

    def log_purchases(shift: Floats) -> Floats:
        parameters = dict(zip(names, np.exp(logs + shift).tolist(), strict=True))
        return np.log(np.maximum(_purchases(model, parameters, known, days, settings)[1], 1e-300))

    gradients = [(log_purchases(_STEP * each) - log_purchases(-_STEP * each)) / (2 * _STEP) for each in np.eye(len(names))]
    directions = [sum(step * gradient for step, gradient in zip(column, gradients, strict=True)) for column in fit.cholesky.T]
    variance: Floats = np.sum(np.square(directions), axis=0)
    return variance


def _purchases(
    model: str, parameters: Mapping[str, float], known: Histories, days: int, settings: MiningSettings
) -> tuple[Floats, Floats]:
    """The expected number of purchases in so many days, and the same with each quarter discounted from its middle."""
    weeks = [end / DAYS_A_WEEK for end in _quarter_ends(days)]
    to_date = bg_nbd.expected(model, parameters, known.x, known.t_x, known.age, weeks)
    by_quarter = np.diff(to_date, axis=0, prepend=0)
    discounted: Floats = np.sum(by_quarter * _discounts(days, settings)[:, None], axis=0)
    return to_date[-1], discounted


def _quarter_ends(days: int) -> Floats:
    """The ends of equal periods, each as close to a quarter of a year as possible."""
    periods = max(1, round(days / _QUARTER_DAYS))
    ends: Floats = days * np.arange(1, periods + 1) / periods
    return ends


def _discounts(days: int, settings: MiningSettings) -> Floats:
    ends = _quarter_ends(days)
    middles = (ends - ends[0] / 2) / YEAR_DAYS
    discounts: Floats = (1 + settings.yearly_discount) ** -middles
    return discounts
