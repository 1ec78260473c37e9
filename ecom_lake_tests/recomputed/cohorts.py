"""Cohorts by the month of the first order, the gaps between orders, and the time to the second purchase."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from ecom_lake_tests.recomputed.shop_facts import MIN_COVERAGE, ShopFacts, month_of, ratio

NORMAL_97_5 = 1.959963984540054
"""The 97.5th percentile of the normal distribution."""


@cache
def _grid(shop: ShopFacts) -> pd.DataFrame:
    """One row per cohort and month number up to the as-of date; later months are NULL."""
    orders = shop.past.assign(cohort=shop.past.groupby("customer_id")["month"].transform("min"))
    size = orders.groupby("cohort")["customer_id"].nunique().rename("cohort_size")
    last = month_of(pd.Series([shop.as_of]))[0]
    count = _number(last, size.index.min()) + 1
    grid = size.reset_index().merge(pd.DataFrame({"month_number": range(count)}), how="cross")
    month = pd.Series(
        [cohort + pd.DateOffset(months=number) for cohort, number in zip(grid["cohort"], grid["month_number"], strict=True)]
    )
    bought = orders.assign(month_number=_number(orders["month"], orders["cohort"]))
    sums = bought.groupby(["cohort", "month_number"])[["net_sales", "costed_sales"]].sum()
    sums["cogs"] = bought.groupby(["cohort", "month_number"])["cogs"].sum()
    sums["active_customers"] = bought.groupby(["cohort", "month_number"])["customer_id"].nunique()
    later = bought[bought["month_number"] > 0].groupby(["cohort", "customer_id"])["month_number"].min().reset_index()
    sums["returned_first"] = later.groupby(["cohort", "month_number"]).size()
    grid = grid.assign(month=month).join(sums, on=["cohort", "month_number"])
    counted = ["net_sales", "costed_sales", "cogs", "active_customers", "returned_first"]
    grid[counted] = grid[counted].astype("float64").fillna(0)
    is_past = grid["month"] <= last
    whole = [month for month in shop.complete_months if month + pd.offsets.MonthEnd(0) <= shop.as_of]
    grid[counted] = grid[counted].where(is_past)
    return grid.assign(
        month=grid["month"].where(is_past),
        is_complete=grid[["cohort", "month"]].isin(whole).all(axis=1).astype("boolean").where(is_past),
    )


def _number(month: pd.Series, cohort: pd.Series) -> pd.Series:
    if isinstance(month, pd.Timestamp):
        return 12 * (month.year - cohort.year) + month.month - cohort.month
    return 12 * (month.dt.year - cohort.dt.year) + month.dt.month - cohort.dt.month


def cohort_retention(shop: ShopFacts) -> pd.DataFrame:
    grid = _grid(shop)
    cumulative = grid.groupby("cohort")["returned_first"].cumsum() / grid["cohort_size"]
    return grid.assign(
        retention=grid["active_customers"] / grid["cohort_size"], cumulative_retention=cumulative.where(grid["month_number"] > 0)
    )


def cohort_value(shop: ShopFacts) -> pd.DataFrame:
    grid = _grid(shop)
    so_far = grid.groupby("cohort")[["net_sales", "costed_sales", "cogs"]].cumsum()
    covered = ratio(so_far["costed_sales"], so_far["net_sales"]) >= MIN_COVERAGE
    per_customer = 100 * grid["cohort_size"]
    return grid.assign(
        cumulative_net_sales=so_far["net_sales"],
        cumulative_net_sales_per_customer=so_far["net_sales"] / per_customer,
        cumulative_gross_profit_per_customer=((so_far["net_sales"] - so_far["cogs"]) / per_customer).where(covered),
    )


def order_gaps(shop: ShopFacts) -> pd.DataFrame:
    orders = shop.past.sort_values(["customer_id", "ordered_at", "order_id"])
    between_orders = orders.groupby("customer_id")["order_date"].diff().dt.days.dropna()
    between_purchases = shop.purchases["gap"].dropna()
    percentiles = np.arange(101)
    return pd.DataFrame(
        {
            "percentile": percentiles,
            "gap_days": between_orders.quantile(percentiles / 100).to_numpy(),
            "purchase_gap_days": between_purchases.quantile(percentiles / 100).to_numpy(),
        }
    )


def second_order_curve(shop: ShopFacts) -> pd.DataFrame:
    """Kaplan-Meier: customers with one purchase are censored at the as-of date; Greenwood's variance of log(-log(survival))."""
    first = shop.purchases.groupby("customer_id")["order_date"].min()
    second = shop.purchases[shop.purchases["number"] == 2].set_index("customer_id")["gap"].reindex(first.index)
    followed = (shop.as_of - first).dt.days
    days = np.arange(int(second.fillna(followed).max()) + 1)
    events = second.dropna().value_counts().reindex(days, fill_value=0)
    censored = followed[second.isna()].value_counts().reindex(days, fill_value=0)
    at_risk = len(first) - (events + censored).cumsum().shift(fill_value=0)
    survival = (1 - events / at_risk).cumprod()
    variance = (events / (at_risk * (at_risk - events))).cumsum()
    log_survival = np.log(survival.where((survival > 0) & (survival < 1)))
    width = NORMAL_97_5 * np.sqrt(variance) / -log_survival
    return pd.DataFrame(
        {
            "day": days,
            "at_risk": at_risk,
            "events": events,
            "censored": censored,
            "survival": survival,
            "ci_low": np.exp(log_survival * np.exp(width)),
            "ci_high": np.exp(log_survival * np.exp(-width)),
        }
    )


TABLES = {
    "cohort_retention": cohort_retention,
    "cohort_value": cohort_value,
    "order_gaps": order_gaps,
    "second_order_curve": second_order_curve,
}
