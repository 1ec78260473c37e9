"""The customers as of the as-of date: their metrics, personas, tiers and demographic groups, and their concentration."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd

from ecom_lake_tests.recomputed.shop_facts import MIN_COVERAGE, ShopFacts, money_ratio, ratio

PERSONAS = ("Loyal High-Value", "Premium", "High Churn Risk", "Low-Premium", "Standard")
TIERS = ("New", "Returning", "Loyal")


@cache
def customer_metrics(shop: ShopFacts) -> pd.DataFrame:
    orders = shop.past
    by_customer = orders.groupby("customer_id")
    sums = by_customer[["items", "units", "net_sales", "costed_sales"]].sum()
    bought = shop.purchases.groupby("customer_id")
    people = shop.customers.set_index("customer_id").reindex(sums.index)
    first, last = by_customer["order_date"].min(), by_customer["order_date"].max()
    cogs = by_customer["cogs"].sum(min_count=1)
    covered = ratio(sums["costed_sales"], sums["net_sales"]) >= MIN_COVERAGE
    known = shop.past_lines[shop.past_lines["category"] != "unknown"]
    delay = (first - people["registered_at"].dt.normalize()).dt.days
    purchases = bought.size()
    recency = (shop.as_of - last).dt.days
    gaps = shop.purchases["gap"].dropna()
    activity = pd.Series(
        np.select([recency <= gaps.quantile(0.5), recency <= gaps.quantile(0.8)], ["active", "at risk"], "lapsed"),
        index=sums.index,
    )
    late = orders["is_late"].astype("boolean")
    promised = late.groupby(orders["customer_id"]).count()
    metrics = sums.assign(
        first_order_date=first,
        last_order_date=last,
        orders=by_customer.size(),
        purchases=purchases,
        cogs=cogs,
        gross_profit=(sums["net_sales"] - cogs).where(covered),
        aov=money_ratio(sums["net_sales"], by_customer.size()),
        recency_days=recency,
        lifespan_days=(last - first).dt.days,
        avg_gap_days=bought["gap"].mean(),
        registration_delay_days=delay,
        registration_anomaly=(delay < 0).astype("boolean").mask(delay.isna()),
        categories=known.groupby("customer_id")["category"].nunique().reindex(sums.index, fill_value=0),
        promised_orders=promised,
        late_orders=late.fillna(False).groupby(orders["customer_id"]).sum().astype("Int64").where(promised > 0),
        avg_review=by_customer["review_score"].mean(),
        m=fifths(sums["net_sales"]),
        activity_status=activity,
    )
    ever = purchases + people["prior_purchases"].fillna(0)
    m, is_repeater = metrics["m"], purchases >= 2
    rules = [is_repeater & (m >= 4), m == 5, activity == "lapsed", m <= 2]
    return metrics.assign(
        loyalty_tier=np.select([ever >= 3, ever >= 2], ["Loyal", "Returning"], "New"),
        persona=np.select(rules, list(PERSONAS[:-1]), PERSONAS[-1]),
    ).reset_index()


def fifths(values: pd.Series) -> pd.Series:
    """Scores 1 to 5: 1 + (5 · (rank − 1)) div n, so that equal values get equal scores."""
    rank = values.rank(method="min").astype("int64")
    return 1 + 5 * (rank - 1) // len(values)


def _groups(customers: pd.DataFrame, by: str) -> pd.DataFrame:
    grouped = customers.groupby(by)
    groups = grouped[["orders", "net_sales"]].sum().assign(
        customers=grouped.size(), repeat_rate=(customers["purchases"] >= 2).groupby(customers[by]).mean()
    )  # fmt: skip
    return groups.assign(
        share=groups["customers"] / groups["customers"].sum(),
        net_sales_share=groups["net_sales"] / groups["net_sales"].sum(),
        aov=money_ratio(groups["net_sales"], groups["orders"]),
        net_sales_per_customer=money_ratio(groups["net_sales"], groups["customers"]),
    ).reset_index()


def personas(shop: ShopFacts) -> pd.DataFrame:
    groups = _groups(customer_metrics(shop), "persona")
    return groups.assign(position=groups["persona"].map(PERSONAS.index) + 1)


def loyalty_tiers(shop: ShopFacts) -> pd.DataFrame:
    groups = _groups(customer_metrics(shop), "loyalty_tier")
    return groups.assign(position=groups["loyalty_tier"].map(TIERS.index) + 1)


def demographics(shop: ShopFacts) -> pd.DataFrame:
    people = shop.customers.set_index("customer_id")
    customers = customer_metrics(shop).join(people[["gender", "age_group"]], on="customer_id")
    tables = [
        _groups(customers.assign(member=customers[dimension].fillna("unknown")), "member").assign(dimension=dimension)
        for dimension in ("gender", "age_group")
        if people[dimension].notna().any()
    ]
    return pd.concat(tables) if tables else _groups(customers.iloc[:0].assign(member=""), "member").assign(dimension="")


def subscription_value(shop: ShopFacts) -> pd.DataFrame:
    subscribes = shop.customers.set_index("customer_id")["is_subscriber"]
    customers = customer_metrics(shop)
    named = customers["customer_id"].map(subscribes.astype("object").map({True: "yes", False: "no"})).fillna("unknown")
    return _groups(customers.assign(subscriber=named), "subscriber")


def persona_products(shop: ShopFacts) -> pd.DataFrame:
    persona = customer_metrics(shop).set_index("customer_id")["persona"]
    lines = shop.past_lines.assign(persona=shop.past_lines["customer_id"].map(persona), units=shop.past_lines["quantity"])
    grouped = lines.groupby(["persona", "category"])
    table = grouped[["units", "net_sales"]].sum().assign(customers=grouped["customer_id"].nunique()).reset_index()
    return table.assign(share=ratio(table["net_sales"], table.groupby("persona")["net_sales"].transform("sum")))


def customer_concentration(shop: ShopFacts) -> pd.DataFrame:
    """Deciles of customers by (net_sales descending, customer_id)."""
    spent = customer_metrics(shop)[["customer_id", "net_sales"]].sort_values(
        ["net_sales", "customer_id"], ascending=[False, True]
    )
    n, total = len(spent), spent["net_sales"].sum()
    place = pd.Series(range(n), index=spent.index)
    spent = spent.assign(
        decile=1 + 10 * place // n, gini_part=(n - 1 - 2 * place) * spent["net_sales"].astype("float64") / (n * total)
    )
    deciles = spent.groupby("decile").agg(
        customers=("customer_id", "size"), net_sales=("net_sales", "sum"), gini_part=("gini_part", "sum")
    )
    share = deciles["net_sales"] / total
    return deciles.assign(share=share, cumulative_share=share.cumsum()).reset_index()


TABLES: dict[str, Callable[[ShopFacts], pd.DataFrame]] = {
    "customer_metrics": customer_metrics,
    "personas": personas,
    "loyalty_tiers": loyalty_tiers,
    "demographics": demographics,
    "subscription_value": subscription_value,
    "persona_products": persona_products,
    "customer_concentration": customer_concentration,
}
