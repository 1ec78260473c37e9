"""The star schema: the facts and dimensions that every other table is made from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ecom_lake_tests.recomputed.shop_facts import ShopFacts, month_of, rounded_half_up


def fct_orders(shop: ShopFacts) -> pd.DataFrame:
    return shop.orders


def fct_sales(shop: ShopFacts) -> pd.DataFrame:
    return shop.lines


def dim_date(shop: ShopFacts) -> pd.DataFrame:
    first, last = shop.months[0].year, max(shop.months[-1].year, shop.as_of.year)
    day = pd.Series(pd.date_range(f"{first}-01-01", f"{last}-12-31", unit="us"))
    week = day.dt.isocalendar()
    month = month_of(day)
    return pd.DataFrame(
        {
            "date": day,
            "year": day.dt.year,
            "quarter": day.dt.quarter,
            "month": day.dt.month,
            "day": day.dt.day,
            "month_start": month,
            "month_name": day.dt.month_name(),
            "iso_year": week["year"],
            "iso_week": week["week"],
            "weekday": day.dt.day_of_week + 1,
            "weekday_name": day.dt.day_name(),
            "is_weekend": day.dt.day_of_week >= 5,
            "is_complete_month": month.isin(shop.complete_months),
            "is_as_of": day == shop.as_of,
            "is_snapshot_date": day.isin(shop.snapshots),
        }
    )


def dim_customer(shop: ShopFacts) -> pd.DataFrame:
    return shop.customers


def dim_product(shop: ShopFacts) -> pd.DataFrame:
    """Products of the file, and products that only order lines refer to."""
    listed = shop.delivered.products.assign(has_record=True)
    others = shop.lines.loc[~shop.lines["product_id"].isin(listed["product_id"]), ["product_id"]].drop_duplicates()
    return pd.concat([listed, others.assign(has_record=False, category="unknown")], ignore_index=True)


def fct_payments(shop: ShopFacts) -> pd.DataFrame:
    """An order's sales split by the value of its payments; the largest (tie: name) takes the residue and the units. From the
    smallest on, no method takes more net sales or discount than are left."""
    counted = shop.delivered.payments[shop.delivered.payments["status"].isin(("paid", "unknown"))]
    paid = counted.groupby(["order_id", "method"])["amount"].agg(payments="sum", payment_count="size").reset_index()
    order = shop.valid[["order_id", "month", "units", "gross_sales", "net_sales"]]
    split = order.merge(paid, on="order_id", how="left")
    split = split.assign(
        method=split["method"].fillna("none"),
        payments=split["payments"].fillna(0),
        payment_count=split["payment_count"].fillna(0),
    )
    split = split.sort_values(["order_id", "payments", "method"], ascending=[True, True, False])
    paid_in_all = split.groupby("order_id")["payments"].transform("sum").replace(0, 1)
    is_largest = ~split.duplicated("order_id", keep="last")
    gross, net = (rounded_half_up(split[amount] * split["payments"], paid_in_all) for amount in ("gross_sales", "net_sales"))
    discount = _within(split["gross_sales"] - split["net_sales"], gross - net, is_largest, split["order_id"])
    net = _within(split["net_sales"], net, is_largest, split["order_id"])
    split = split.assign(net_sales=net, gross_sales=net + discount)
    return split.assign(units=split["units"].where(is_largest, 0))


def _within(whole: pd.Series, share: pd.Series, is_largest: pd.Series, order_id: pd.Series) -> pd.Series:
    """Shares that are taken from an order one after the other while something is left; the largest, the last, takes all of it."""
    others = share.mask(is_largest, 0)
    left = (whole - (others.groupby(order_id).cumsum() - others)).clip(lower=0)
    return left.where(is_largest, np.minimum(others, left))


def fct_refunds(shop: ShopFacts) -> pd.DataFrame:
    orders = shop.orders.set_index("order_id")[["order_date", "is_valid", "payments"]]
    refunds = shop.delivered.refunds.join(orders, on="order_id").sort_values(["order_id", "refunded_at", "refund_id"])
    if refunds.empty:
        return refunds.assign(month=pd.NaT, refund_date=pd.NaT, refunded_so_far=pd.NA)
    day = refunds["refunded_at"].dt.normalize()
    return refunds.assign(month=month_of(day), refund_date=day, refunded_so_far=refunds.groupby("order_id")["amount"].cumsum())


TABLES = {
    "fct_orders": fct_orders,
    "fct_sales": fct_sales,
    "fct_payments": fct_payments,
    "fct_refunds": fct_refunds,
    "dim_date": dim_date,
    "dim_customer": dim_customer,
    "dim_product": dim_product,
}
