"""Delivery, returns, payments, reviews, sellers, and the waterfall from gross sales to what was realized and paid."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ecom_lake_tests.recomputed.facts import fct_refunds
from ecom_lake_tests.recomputed.shop_facts import NOT_A_SALE, PAID, ShopFacts, month_of, ratio


def delivery_performance(shop: ShopFacts) -> pd.DataFrame:
    orders = shop.valid[shop.valid["status"] == "delivered"].assign(state=shop.valid["state"].fillna("unknown"))
    late = orders["is_late"].astype("boolean").fillna(False)
    grouped = orders.assign(is_late_order=late.astype("int64"), delay=orders["delay_days"].where(late)).groupby(
        ["month", "state"]
    )
    table = grouped.agg(
        delivered_orders=("order_id", "size"),
        timed_orders=("lead_days", "count"),
        promised_orders=("delay_days", "count"),
        late_orders=("is_late_order", "sum"),
        avg_lead_days=("lead_days", "mean"),
        avg_approval_days=("approval_days", "mean"),
        avg_handling_days=("handling_days", "mean"),
        avg_transit_days=("transit_days", "mean"),
        avg_delay_days_when_late=("delay", "mean"),
    )
    table["p90_lead_days"] = grouped["lead_days"].quantile(0.9)
    return table.assign(late_rate=ratio(table["late_orders"], table["promised_orders"])).reset_index()


def returns_leakage(shop: ShopFacts) -> pd.DataFrame:
    """By order: an order counts once for each member that it contains."""
    lines = shop.valid_lines.assign(product=shop.valid_lines["product_id"])
    orders = shop.valid.assign(state=shop.valid["state"].fillna("unknown"))
    tables = []
    for dimension, rows in (("product", lines), ("category", lines), ("state", orders)):
        own = rows.assign(member=rows[dimension], back=rows["is_returned"].astype("boolean").fillna(False).astype(bool))
        pairs = (
            own.groupby(["member", "order_id"])
            .agg(status=("status", "first"), back=("back", "max"), lost=("returned_sales", "sum"))
            .reset_index()
        )
        pairs = pairs.assign(
            delivered=(pairs["status"] == "delivered") & ~pairs["back"], unknown=(pairs["status"] == "unknown") & ~pairs["back"]
        )
        table = pairs.groupby("member").agg(
            orders=("order_id", "size"),
            delivered_orders=("delivered", "sum"),
            returned_orders=("back", "sum"),
            returned_sales=("lost", "sum"),
            unknown_status_orders=("unknown", "sum"),
        )
        total = table["returned_sales"].sum()
        outcomes = table["delivered_orders"] + table["returned_orders"]
        tables.append(
            table.assign(
                dimension=dimension,
                return_rate=ratio(table["returned_orders"], outcomes),
                share=ratio(table["returned_sales"], pd.Series(total, index=table.index)),
            ).reset_index()
        )
    return pd.concat(tables, ignore_index=True)


def order_status_sales(shop: ShopFacts) -> pd.DataFrame:
    orders = shop.orders.assign(age=(shop.as_of - shop.orders["order_date"]).dt.days)
    grouped = orders.groupby("status")
    table = pd.DataFrame(
        {
            "orders": grouped.size(),
            "valid_orders": grouped["is_valid"].sum(),
            "net_sales": grouped["net_sales"].sum(),
            "valid_net_sales": orders["net_sales"].where(orders["is_valid"], 0).groupby(orders["status"]).sum(),
            "median_age_days": orders[orders["age"] >= 0].groupby("status")["age"].median(),
        }
    )
    return table.assign(share=table["net_sales"] / table["net_sales"].sum()).reset_index()


def payment_mix(shop: ShopFacts) -> pd.DataFrame:
    month = shop.valid.set_index("order_id")["month"]
    payments = shop.delivered.payments
    paid = payments[payments["status"].isin(PAID)].assign(month=payments["order_id"].map(month)).dropna(subset="month")
    grouped = paid.groupby(["month", "method"])
    table = pd.DataFrame(
        {
            "orders": grouped["order_id"].nunique(),
            "payment_count": grouped.size(),
            "payments": grouped["amount"].sum(),
            "known_instalments": grouped["instalments"].count(),
            "avg_installments": grouped["instalments"].mean(),
        }
    ).reset_index()
    return table.assign(share=ratio(table["payments"], table.groupby("month")["payments"].transform("sum")))


def seller_scorecard(shop: ShopFacts) -> pd.DataFrame:
    lines = shop.lines.dropna(subset="seller_id")
    pairs = lines[["seller_id", "order_id"]].drop_duplicates().merge(shop.orders, on="order_id")
    placed = pairs.groupby("seller_id").size()
    valid = pairs[pairs["is_valid"]]
    by_seller = valid.groupby("seller_id")
    late = valid[valid["is_late"].notna()]
    canceled = pairs["status"].isin(NOT_A_SALE).groupby(pairs["seller_id"]).sum()
    canceled = canceled.where((pairs["status"] != "unknown").groupby(pairs["seller_id"]).any())
    sellers = pd.Index(sorted({*shop.delivered.sellers["seller_id"], *lines["seller_id"]}), name="seller_id")
    table = pd.DataFrame(
        {
            "placed_orders": placed.reindex(sellers, fill_value=0),
            "orders": by_seller.size().reindex(sellers, fill_value=0),
            "net_sales": lines[lines["is_valid"]].groupby("seller_id")["net_sales"].sum().reindex(sellers, fill_value=0),
            "late_rate": late["is_late"].astype("float64").groupby(late["seller_id"]).mean().reindex(sellers),
            "avg_review": by_seller["review_score"].mean().reindex(sellers),
            "cancel_rate": ratio(canceled, placed).reindex(sellers),
        }
    )
    scored = table[table["orders"] >= 10]
    for name, rate in (
        ("late_percentile", -scored["late_rate"]),
        ("review_percentile", scored["avg_review"]),
        ("cancel_percentile", -scored["cancel_rate"]),
    ):
        known = rate.dropna()
        table[name] = (known.rank(method="max") - 1) / (len(known) - 1) if len(known) > 1 else float("nan")
    table["score"] = table[["late_percentile", "review_percentile", "cancel_percentile"]].mean(axis=1).round(6)
    ranked = (
        table.dropna(subset="score")
        .reset_index()
        .sort_values(["score", "net_sales", "seller_id"], ascending=[False, False, True])
    )
    table["rank"] = pd.Series(range(1, len(ranked) + 1), index=ranked["seller_id"])
    return table.reset_index()


def review_summary(shop: ShopFacts) -> pd.DataFrame:
    arrived = shop.orders[shop.orders["status"] == "delivered"].set_index("order_id")["delivered_at"]
    reviews = shop.reviews.dropna(subset="created_at")
    early = reviews["created_at"] < reviews["order_id"].map(arrived)
    hours = (reviews["answered_at"] - reviews["created_at"]).dt.total_seconds() / 3600
    reviews = reviews.assign(month=month_of(reviews["created_at"]), early=early, hours=hours, stars=reviews["score"] // 1)
    grouped = reviews.groupby("month")
    latest = reviews[reviews["is_latest"]].groupby("month")["score"]
    shares = {f"share_{stars}": grouped["stars"].agg(lambda own, stars=stars: (own == stars).mean()) for stars in range(1, 6)}
    return pd.DataFrame(
        {
            "reviews": grouped.size(),
            "avg_score": grouped["score"].mean(),
            **shares,
            "latest_reviews": latest.size().reindex(list(grouped.groups), fill_value=0),
            "nps_proxy": latest.agg(lambda scores: 100 * ((scores >= 5).mean() - (scores <= 3).mean())),
            "median_answer_hours": grouped["hours"].median(),
            "reviews_before_delivery": grouped["early"].sum(),
        }
    ).rename_axis("month").reset_index()  # fmt: skip


def revenue_waterfall(shop: ShopFacts) -> pd.DataFrame:
    """Each step of each month, with its place; what the shop does not know has none."""
    due = _due(shop.valid)
    orders = shop.valid.assign(tax_on_top=due - shop.valid["gmv"], difference=shop.valid["payments"] - due)
    orders["cause"] = _causes(orders)
    refunds = fct_refunds(shop)
    given_back = (
        refunds[refunds["is_valid"].astype(bool)].groupby("month")["amount"].sum() if len(refunds) else pd.Series(dtype="int64")
    )
    rows = [
        (month, place, step, amount)
        for month in shop.months
        for place, (step, amount) in enumerate(_steps(shop, orders[orders["month"] == month], int(given_back.get(month, 0))), 1)
        if shop.delivered.states_everything or step not in ("returned", "refunds", "net_sales_after_refunds")
    ]
    return pd.DataFrame(rows, columns=["month", "step_order", "step", "amount"]).assign(closes=True)


def _due(orders: pd.DataFrame) -> pd.Series:
    """GMV, and the tax where most of the orders that are paid to the cent with or without it are paid with it."""
    has_both = (orders["items"] > 0) & (orders["payment_count"] > 0)
    taxed = orders[has_both & (orders["tax"].fillna(0) > 0)]
    paid_above = taxed["payments"] - taxed["gmv"]
    is_on_top = int(((paid_above - taxed["tax"]).abs() <= 5).sum()) > int((paid_above.abs() <= 5).sum())
    tax = orders["tax"].astype("Int64").fillna(0).where(has_both, 0) if is_on_top else 0
    return orders["gmv"] + tax


def _causes(orders: pd.DataFrame) -> pd.Series:
    """The one cause of each order's difference between payments and what is due: the first that applies."""
    difference = orders["difference"]
    cause = pd.Series("underpaid", index=orders.index)
    for name, applies in (
        ("overpaid", difference > 0),
        ("instalment_interest", (difference > 0) & (orders["instalments"].fillna(1) > 1)),
        ("rounding", difference.abs() <= 5),
        ("no_payment", orders["payment_count"] == 0),
        ("no_lines", orders["items"] == 0),
    ):
        cause = cause.mask(applies.astype(bool), name)
    return cause


def _steps(shop: ShopFacts, orders: pd.DataFrame, refunded: int) -> Iterator[tuple[str, int]]:
    age = (shop.as_of - orders["order_date"]).dt.days
    is_returned = orders["is_returned"].astype("boolean").fillna(False).astype(bool)
    returned = orders["returned_sales"].astype("Int64").fillna(0)
    kept = orders["net_sales"] - returned
    on_the_way = orders["status"].isin(["shipped", "in_transit"])
    yield "gross_sales", orders["gross_sales"].sum()
    yield "discounts", -orders["discounts"].sum()
    yield "net_sales", orders["net_sales"].sum()
    yield "realized", kept[orders["status"] == "delivered"].sum()
    yield "returned", returned[is_returned].sum()
    yield "at_risk_recent", kept[on_the_way & (age <= 60)].sum()
    yield "at_risk_stale", kept[on_the_way & (age > 60)].sum()
    for status in ("created", "approved", "processing", "invoiced", "unknown"):
        yield status, kept[orders["status"] == status].sum()
    yield "freight", orders["freight"].sum()
    yield "gmv", orders["gmv"].sum()
    for cause in ("no_lines", "no_payment", "rounding", "tax", "instalment_interest", "overpaid", "underpaid"):
        yield cause, orders["tax_on_top"].sum() if cause == "tax" else orders["difference"][orders["cause"] == cause].sum()
    yield "payments", orders["payments"].sum()
    yield "refunds", -refunded
    yield "net_sales_after_refunds", orders["net_sales"].sum() - refunded


TABLES = {
    "delivery_performance": delivery_performance,
    "returns_leakage": returns_leakage,
    "order_status_sales": order_status_sales,
    "payment_mix": payment_mix,
    "seller_scorecard": seller_scorecard,
    "review_summary": review_summary,
    "revenue_waterfall": revenue_waterfall,
}
