"""What is each person worth in the days that the forecast was tested on? Expected purchases times their value, discounted.

People with one history get one forecast of purchases, and people with as many paid repeat purchases one rule for what they spend;
a join brings both to everybody. The interval says how well the models' parameters are known; it does not hold a person's luck,
which `p_order` tells of. Not here: fitting and judging the models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl

from ecom_lake.shop.customer_value import bg_nbd as buying
from ecom_lake.shop.customer_value.bg_nbd import DAYS_A_WEEK, Histories
from ecom_lake.shop.customer_value.customer_value import CustomerValue
from ecom_lake.shop.customer_value.gamma_gamma import Spending
from ecom_lake.shop.customer_value.holdout_test import YEAR_DAYS
from ecom_lake.shop.customer_value.purchase_histories import Shop, people
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.arrays import Floats
from ecom_lake.statistics.maximum_likelihood import FittedParameters

_A_QUARTER = 91.25
"""Days of which the money is discounted alike, from their middle."""
_80_PERCENT = 1.281552
_STEP = 1e-4


@dataclass(frozen=True)
class Mean:
    """What the mean person does in so many days, and the variance of that."""

    days: int
    orders: float
    variance: float
    spend: float
    spend_variance: float


def by_model(
    con: duckdb.DuckDBPyConnection,
    shop: Shop,
    settings: MiningSettings,
    days: int,
    model: str,
    predicted: pl.DataFrame,
    spending: Spending,
) -> pl.DataFrame:
    """`predicted` are the groups, of so many days."""
    con.register("value_groups", predicted.to_arrow())
    con.register("value_spending", spending.by_n.to_arrow())
    table: pl.DataFrame = con.sql(
        f"""
        with predicted as (
            select
                i.customer_id, p.x, g.p_alive, g.p_any, g.orders, g.weeks_to_next,
                g.discounted * (s.base + s.share * p.spent / 100) as worth,
                g.variance + (s.v0 + s.v1 * p.spent / 100 + s.v2 * p.spent * p.spent / 10000)
                    / nullif(power(s.base + s.share * p.spent / 100, 2), 0) as variance
            from (select * replace (spent::double as spent) from ({people(shop.as_of)})) as p
            join value_people as i on i.person = p.person
            join value_groups as g on g.x = p.x and g.t_x = p.t_x and g.age = p.age
            join value_spending as s on s.n = p.n
        )
        select
            m.customer_id,
            m.net_sales as historic_value,
            case when f.x > 0 or '{model}' <> '{buying.BG}' then round(f.p_alive, 6) end as p_alive,
            case when f.customer_id is not null then {days} end as horizon_days,
            round(f.orders, 6) as expected_orders,
            round(f.p_any, 6) as p_order,
            round(f.worth, 2) as predicted_value,
            round(f.worth * exp(-{_80_PERCENT} * sqrt(coalesce(f.variance, 0))), 2) as low,
            round(f.worth * exp({_80_PERCENT} * sqrt(coalesce(f.variance, 0))), 2) as high,
            case
                when f.x > 0 and f.p_alive >= {settings.value_min_alive} and f.weeks_to_next <= {days / DAYS_A_WEEK}
                    then date '{shop.as_of}' + greatest(ceil(f.weeks_to_next * {DAYS_A_WEEK}), 1)::integer
            end as next_order_date,
            case when f.customer_id is null then 'none' else '{model}' end as method,
            case when f.customer_id is not null then '{spending.way}' end as spend_method
        from customer_metrics as m
        left join predicted as f on f.customer_id = m.customer_id
        """
    ).pl()
    return _with_twelve_months(table)


def by_mean(con: duckdb.DuckDBPyConnection, settings: MiningSettings, mean: Mean) -> pl.DataFrame:
    """The same of everybody; who has left is not known then."""
    worth = mean.orders * float(np.mean(_discounts(mean.days, settings))) * mean.spend
    relative = mean.variance / mean.orders**2 + (mean.spend_variance / mean.spend**2 if mean.spend else 0.0)
    low, high = (worth * float(np.exp(sign * _80_PERCENT * np.sqrt(relative))) for sign in (-1, 1))
    said = {
        "horizon_days": mean.days,
        "expected_orders": round(mean.orders, 6),
        "predicted_value": round(worth, 2),
        "low": round(low, 2),
        "high": round(high, 2),
        "method": "mean of the shop",
        "spend_method": "mean of the shop",
    }
    return _with_twelve_months(_historic(con).with_columns(**{name: pl.lit(value) for name, value in said.items()}))


def historic_only(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    return _historic(con).with_columns(method=pl.lit("none"))


def _with_twelve_months(table: pl.DataFrame) -> pl.DataFrame:
    """The columns of twelve months are filled where twelve months were tested, and NULL else."""
    is_year = pl.col("horizon_days") == YEAR_DAYS
    return table.with_columns(
        pl.when(is_year).then(name).alias(f"{name}_12m") for name in ("expected_orders", "p_order", "predicted_value")
    )


def _historic(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    rows: pl.DataFrame = con.sql("select customer_id, net_sales as historic_value from customer_metrics").pl()
    kinds = CustomerValue.table.schema
    return rows.with_columns(pl.lit(None, kind).alias(name) for name, kind in kinds.items() if name not in rows.columns)


def groups(model: str, fit: FittedParameters, known: Histories, days: int, settings: MiningSettings) -> pl.DataFrame:
    """One row per history: what is expected in so many days of the people who have it."""
    x, t_x, age = known.x, known.t_x, known.age
    weeks = days / DAYS_A_WEEK
    alive = buying.p_alive(model, fit.parameters, x, t_x, age)
    orders, discounted = _purchases(model, fit.parameters, known, days, settings)
    return pl.DataFrame(
        {
            "x": x,
            "t_x": t_x,
            "age": age,
            "p_alive": alive,
            "p_any": alive * buying.p_any(fit.parameters, x, age, weeks),
            "orders": orders,
            "discounted": discounted,
            "variance": _variance(model, fit, known, days, settings),
            "weeks_to_next": np.minimum(buying.weeks_to_next(fit.parameters, x, age), 10 * YEAR_DAYS / DAYS_A_WEEK),
        }
    )


def _variance(model: str, fit: FittedParameters, known: Histories, days: int, settings: MiningSettings) -> Floats:
    """Of the logarithm of the discounted purchases: how it moves with the parameters, and how far these may be off."""
    names, logs = list(fit.parameters), np.log(list(fit.parameters.values()))

    def moved(by: Floats) -> Floats:
        parameters = dict(zip(names, np.exp(logs + by).tolist(), strict=True))
        return np.log(np.maximum(_purchases(model, parameters, known, days, settings)[1], 1e-300))

    slopes = [(moved(_STEP * each) - moved(-_STEP * each)) / (2 * _STEP) for each in np.eye(len(names))]
    directions = [sum(step * slope for step, slope in zip(column, slopes, strict=True)) for column in fit.cholesky.T]
    variance: Floats = np.sum(np.square(directions), axis=0)
    return variance


def _purchases(
    model: str, parameters: Mapping[str, float], known: Histories, days: int, settings: MiningSettings
) -> tuple[Floats, Floats]:
    """In so many days: their number, and what they count for when those of each quarter are discounted from its middle."""
    weeks = [end / DAYS_A_WEEK for end in _quarters(days)]
    to_date = buying.expected(model, parameters, known.x, known.t_x, known.age, weeks)
    each = np.diff(to_date, axis=0, prepend=0)
    discounted: Floats = np.sum(each * _discounts(days, settings)[:, None], axis=0)
    return to_date[-1], discounted


def _quarters(days: int) -> Floats:
    """The ends of equal parts, of a quarter of a year or as near to that as can be."""
    parts = max(1, round(days / _A_QUARTER))
    ends: Floats = days * np.arange(1, parts + 1) / parts
    return ends


def _discounts(days: int, settings: MiningSettings) -> Floats:
    ends = _quarters(days)
    middles = (ends - ends[0] / 2) / YEAR_DAYS
    discounts: Floats = (1 + settings.yearly_discount) ** -middles
    return discounts
