"""Products and categories over the whole history, and what customers bought first and next."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ecom_lake_tests.recomputed.facts import dim_product
from ecom_lake_tests.recomputed.shop_facts import MIN_COVERAGE, ShopFacts, money_ratio, ratio


def product_performance(shop: ShopFacts) -> pd.DataFrame:
    sold = _performance(shop, "product_id")
    products = dim_product(shop)[["product_id", "category"]].join(sold, on="product_id")
    counted = ["units", "orders", "net_sales"]
    products[counted] = products[counted].fillna(0)
    products = products.sort_values(["net_sales", "product_id"], ascending=[False, True])
    total = products["net_sales"].sum()
    share = products["net_sales"].astype("float64") / total
    before = products["net_sales"].cumsum() - products["net_sales"]
    return products.assign(
        rank_by_sales=range(1, len(products) + 1),
        rank_in_category=products.groupby("category").cumcount() + 1,
        share=share,
        cumulative_share=products["net_sales"].cumsum().astype("float64") / total,
        abc_class=np.select([100 * before < 80 * total, 100 * before < 95 * total], ["A", "B"], "C"),
    )


def category_performance(shop: ShopFacts) -> pd.DataFrame:
    sold = _performance(shop, "category")
    table = dim_product(shop).groupby("category").size().rename("products").to_frame().join(sold)
    counted = ["units", "orders", "net_sales", "customers"]
    table[counted] = table[counted].fillna(0)
    return table.assign(
        share=ratio(table["net_sales"], pd.Series(table["net_sales"].sum(), index=table.index)),
        aov=money_ratio(table["net_sales"], table["orders"]),
        cross_sell_index=_cross_sell(shop).reindex(table.index),
    ).reset_index()


def _performance(shop: ShopFacts, by: str) -> pd.DataFrame:
    """A member's returned orders are those with a returned line of it; an order's score counts once per order."""
    lines = shop.valid_lines.assign(units=shop.valid_lines["quantity"])
    grouped = lines.groupby(by)
    sums = grouped[["units", "net_sales", "costed_sales", "returned_units"]].sum()
    cogs = grouped["cogs"].sum(min_count=1)
    score = shop.valid.set_index("order_id")["review_score"]
    pairs = lines.drop_duplicates([by, "order_id"])
    profit = (sums["net_sales"] - cogs).where(ratio(sums["costed_sales"], sums["net_sales"]) >= MIN_COVERAGE)
    return sums.assign(
        orders=grouped["order_id"].nunique(),
        customers=grouped["customer_id"].nunique(),
        gross_profit=profit,
        avg_review=pairs["order_id"].map(score).groupby(pairs[by]).mean(),
        first_sold=grouped["order_date"].min(),
        last_sold=grouped["order_date"].max(),
        **_return_rates(shop, lines, by),
    )


def _return_rates(shop: ShopFacts, lines: pd.DataFrame, by: str) -> dict[str, pd.Series]:
    """Returned among delivered or returned, by orders and by units."""
    if not shop.delivered.states_everything:
        nothing = pd.Series(pd.NA, index=lines[by].unique(), dtype="Float64")
        return {"return_rate": nothing, "return_rate_units": nothing}
    is_returned = lines["is_returned"].astype("boolean").fillna(False)
    with_outcome = is_returned | (lines["status"] == "delivered")
    returned = lines[is_returned].groupby(by)["order_id"].nunique()
    outcomes = lines[with_outcome].groupby(by)
    return {
        "return_rate": ratio(returned.reindex(outcomes.groups.keys(), fill_value=0), outcomes["order_id"].nunique()),
        "return_rate_units": ratio(outcomes["returned_units"].sum(), outcomes["units"].sum()),
    }


def _cross_sell(shop: ShopFacts) -> pd.Series:
    """Share of a category's orders with another known category / share of all baskets with several known categories."""
    pairs = shop.valid_lines[["order_id", "category"]].drop_duplicates()
    known = pairs[pairs["category"] != "unknown"]
    several = known.groupby("order_id")["category"].transform("size") > 1
    of_all = known[several]["order_id"].nunique() / pairs["order_id"].nunique()
    return several.groupby(known["category"]).mean() / of_all if of_all else several.groupby(known["category"]).mean() * np.nan


def product_journey(shop: ShopFacts) -> pd.DataFrame:
    """Pairs of categories in consecutive purchases of a customer, over the whole history."""
    lines = shop.valid_lines[shop.valid_lines["customer_id"].notna()]
    orders = shop.valid[shop.valid["customer_id"].notna()]
    days = orders[["customer_id", "order_date"]].drop_duplicates().sort_values(["customer_id", "order_date"])
    days = days.assign(next_date=days.groupby("customer_id")["order_date"].shift(-1)).dropna()
    held = lines[["customer_id", "order_date", "category"]].drop_duplicates()
    earlier = days.merge(held.rename(columns={"category": "from_category"}))
    steps = earlier.merge(
        held.rename(columns={"order_date": "next_date", "category": "to_category"}), on=["customer_id", "next_date"]
    ).assign(days=lambda rows: (rows["next_date"] - rows["order_date"]).dt.days)
    grouped = steps.groupby(["from_category", "to_category"])
    table = pd.DataFrame(
        {"customers": grouped["customer_id"].nunique(), "steps": grouped.size(), "median_days": grouped["days"].median()}
    )
    went_on = steps.groupby("from_category")["customer_id"].nunique().rename("from_customers")
    table = table.reset_index().join(went_on, on="from_category")
    return table.assign(share=table["customers"] / table["from_customers"])


def first_product_value(shop: ShopFacts) -> pd.DataFrame:
    orders = shop.past.sort_values(["ordered_at", "order_id"])
    first = orders.drop_duplicates("customer_id").set_index("customer_id")
    held = shop.past_lines.merge(first["order_id"].reset_index(), on=["customer_id", "order_id"])[
        ["customer_id", "category"]
    ].drop_duplicates()
    second = shop.purchases[shop.purchases["number"] == 2].set_index("customer_id")["gap"]
    since = orders.assign(days=(orders["order_date"] - orders["customer_id"].map(first["order_date"])).dt.days)
    value = since[since["days"] <= 365].groupby("customer_id")["net_sales"].sum()
    held = held.assign(
        age=(shop.as_of - held["customer_id"].map(first["order_date"])).dt.days,
        gap=held["customer_id"].map(second),
        value=held["customer_id"].map(value),
    )
    table = held.groupby("category").size().rename("customers").to_frame()
    for days in (90, 365):
        old = held[held["age"] >= days].groupby("category")
        table[f"customers_{days}d"] = old.size().reindex(table.index, fill_value=0)
        table[f"repeat_rate_{days}d"] = old["gap"].agg(lambda gaps, days=days: (gaps <= days).mean())
    return table.assign(
        net_sales_per_customer_365d=money_ratio(old["value"].sum().reindex(table.index), table["customers_365d"])
    ).reset_index()


TABLES = {
    "product_performance": product_performance,
    "category_performance": category_performance,
    "product_journey": product_journey,
    "first_product_value": first_product_value,
}
