"""The KPIs by day, month and period, over the whole history, and the bridge between two months."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache

import pandas as pd

from ecom_lake_tests.recomputed.facts import fct_payments, fct_refunds
from ecom_lake_tests.recomputed.shop_facts import MIN_COVERAGE, NOT_A_SALE, ShopFacts, money_ratio, purchases_of, ratio

DRIVERS = ("new", "returning", "orders_per_customer", "units_per_order", "price", "mix", "discount")
SUMS = ["items", "units", "gross_sales", "discounts", "net_sales", "freight", "gmv"]


def kpi_daily(shop: ShopFacts) -> pd.DataFrame:
    """Every day from the first order to the last one."""
    days = pd.date_range(shop.orders["order_date"].min(), shop.orders["order_date"].max(), unit="us", name="date")
    sold = _sales(shop.valid, shop.valid["order_date"]).reindex(days, fill_value=0)
    sold = sold.assign(customers=sold["customers"].where((sold["customers"] > 0) | (sold["orders"] == 0)))
    return sold.assign(aov=money_ratio(sold["net_sales"], sold["orders"])).reset_index()


@cache
def kpi_monthly(shop: ShopFacts) -> pd.DataFrame:
    months = _kpis(shop, "month", shop.months).rename_axis("month").reset_index()
    is_complete = months["month"].isin(shop.complete_months)
    return months.assign(
        is_complete=is_complete,
        net_sales_mom=_growth(months["net_sales"], is_complete, 1),
        net_sales_yoy=_growth(months["net_sales"], is_complete, 12),
    )


def _growth(sales: pd.Series, is_complete: pd.Series, months: int) -> pd.Series:
    """NULL unless both months are complete."""
    both = is_complete & is_complete.shift(months, fill_value=False)
    return (ratio(sales, sales.shift(months)) - 1).where(both)


def _sales(orders: pd.DataFrame, by: pd.Series) -> pd.DataFrame:
    """Orders, distinct customers and sums of valid orders."""
    grouped = orders.groupby(by)
    return grouped[SUMS].sum().assign(orders=grouped.size(), customers=grouped["customer_id"].nunique())


def _kpis(shop: ShopFacts, by: str, periods: pd.Index) -> pd.DataFrame:
    """All KPIs that are defined for any period, by a column of the orders."""
    valid = shop.valid
    known = shop.delivered.states_everything

    def of(orders: pd.DataFrame, column: str = "orders") -> pd.Series:
        rows = orders.assign(orders=1).groupby(by)[column].sum()
        return rows.reindex(periods, fill_value=0)

    sold = _sales(valid, valid[by]).reindex(periods, fill_value=0)
    has_customers = (sold["customers"] > 0) | (sold["orders"] == 0)
    new = of(valid[valid["is_first_order"]])
    anonymous = valid[valid["is_anonymous"]]
    delivered = valid[valid["status"] == "delivered"]
    promised = delivered[delivered["is_late"].notna()]
    reviewed = valid[valid["review_score"].notna()]
    placed, canceled = of(shop.orders), of(shop.orders[shop.orders["status"].isin(NOT_A_SALE)])
    canceled = canceled.where((of(shop.orders[shop.orders["status"] != "unknown"]) > 0) | (placed == 0))
    kpis = sold.assign(
        customers=sold["customers"].where(has_customers),
        new_customers=new.where(has_customers),
        returning_customers=(sold["customers"] - new).where(has_customers),
        anonymous_orders=of(anonymous),
        anonymous_net_sales=of(anonymous, "net_sales"),
        payments=of(valid, "payments"),
        aov=money_ratio(sold["net_sales"], sold["orders"]),
        items_per_order=ratio(sold["items"], sold["orders"]),
        placed_orders=placed,
        canceled_orders=canceled,
        cancel_rate=ratio(canceled, placed),
        unknown_status_orders=of(valid[valid["status"] == "unknown"]),
        late_rate=ratio(of(promised[promised["is_late"].astype(bool)]), of(promised)),
        avg_lead_days=ratio(of(delivered, "lead_days"), of(delivered[delivered["lead_days"].notna()])),
        avg_review=ratio(of(reviewed, "review_score"), of(reviewed)),
        nps_proxy=100
        * ratio(of(reviewed[reviewed["review_score"] >= 5]) - of(reviewed[reviewed["review_score"] <= 3]), of(reviewed)),
    )
    if not known:
        return kpis.assign(**dict.fromkeys(STATED))
    cogs, coverage = of(valid, "cogs"), ratio(of(valid, "costed_sales"), sold["net_sales"])
    profit = (sold["net_sales"] - cogs).where(coverage >= MIN_COVERAGE)
    refunds = fct_refunds(shop)
    refunds = refunds[refunds["is_valid"].astype(bool)]
    given_back = (refunds.assign(all=0).groupby(by)["amount"].sum()).reindex(periods, fill_value=0)
    returned, kept = valid[valid["is_returned"].astype(bool)], delivered[~delivered["is_returned"].astype(bool)]
    discounted = of(valid[valid["is_discounted"].astype("boolean").fillna(False)])
    outcome_lines = shop.valid_lines[
        (shop.valid_lines["status"] == "delivered") | shop.valid_lines["is_returned"].astype("boolean").fillna(False)
    ].assign(all=0)
    return kpis.assign(
        pending_payments=of(valid, "pending_payments"),
        failed_payments=of(valid, "failed_payments"),
        refunds=given_back,
        net_sales_after_refunds=sold["net_sales"] - given_back,
        tax=of(valid, "tax"),
        cogs=cogs,
        cogs_coverage=coverage,
        gross_profit=profit,
        margin=ratio(profit, sold["net_sales"]),
        discounted_orders=discounted,
        discounted_share=ratio(discounted, sold["orders"]),
        returned_orders=of(returned),
        returned_sales=of(valid, "returned_sales"),
        return_rate=ratio(of(returned), of(returned) + of(kept)),
        return_rate_units=ratio(
            of(valid, "returned_units"), outcome_lines.groupby(by)["quantity"].sum().reindex(periods, fill_value=0)
        ),
        return_share=ratio(of(returned), sold["orders"]),
    )


STATED = [
    "pending_payments",
    "failed_payments",
    "refunds",
    "net_sales_after_refunds",
    "tax",
    "cogs",
    "cogs_coverage",
    "gross_profit",
    "margin",
    "discounted_orders",
    "discounted_share",
    "returned_orders",
    "returned_sales",
    "return_rate",
    "return_rate_units",
    "return_share",
]
"""KPIs of shops that state costs, discounts, returns, tax, refunds and the status of payments."""


SUMMARY = [
    "orders_placed",
    "orders",
    "customers",
    "anonymous_orders",
    "anonymous_net_sales",
    "units",
    "items_per_order",
    "gross_sales",
    "discounts",
    "net_sales",
    "freight",
    "gmv",
    "payments",
    "pending_payments",
    "failed_payments",
    "refunds",
    "net_sales_after_refunds",
    "tax",
    "aov",
    "gross_profit",
    "discounted_orders",
    "discounted_share",
    "cancel_rate",
    "return_rate",
    "return_share",
    "late_rate",
    "avg_lead_days",
    "avg_review",
    "nps_proxy",
    "repeat_purchase_rate",
    "repeat_order_rate",
    "repeat_purchase_rate_soon",
    "gap_p50_days",
    "gap_p80_days",
    "gini",
    "complete_months",
]


def kpi_summary(shop: ShopFacts) -> pd.DataFrame:
    """The whole history; what depends on today is as of the as-of date."""
    everything = ShopFacts(shop.delivered, shop.stated_as_of)
    everything.orders = shop.orders.assign(all=0)
    row = _kpis(everything, "all", pd.Index([0])).iloc[0]
    purchases = shop.purchases.groupby("customer_id")["order_date"].agg(["size", "min"])
    gaps = shop.purchases["gap"].dropna()
    second = shop.purchases[shop.purchases["number"] == 2].set_index("customer_id")["gap"].reindex(purchases.index)
    old_enough = (shop.as_of - purchases["min"]).dt.days >= 90
    spent = shop.past.groupby("customer_id")["net_sales"].sum().sort_values().astype("float64")
    place = pd.Series(range(1, len(spent) + 1), index=spent.index)
    values = row.astype("object").to_dict() | {
        "repeat_purchase_rate": (purchases["size"] >= 2).mean(),
        "repeat_order_rate": (shop.past.groupby("customer_id").size() >= 2).mean(),
        "repeat_purchase_rate_soon": (second[old_enough] <= 90).mean(),
        "gap_p50_days": gaps.quantile(0.5),
        "gap_p80_days": gaps.quantile(0.8),
        "gini": ((2 * place - len(spent) - 1) * spent).sum() / (len(spent) * spent.sum()),
        "complete_months": len(shop.complete_months),
    }
    in_cents = {*SUMS, "payments", "anonymous_net_sales", *STATED} - {"items", "units", "discounted_orders", "returned_orders"}
    in_cents -= {"cogs_coverage", "margin", "discounted_share", "return_rate", "return_rate_units", "return_share"}
    values["orders_placed"] = values["placed_orders"]
    rows = [
        (name, value / 100 if name in in_cents and not pd.isna(value) else value)
        for name, value in values.items()
        if name in SUMMARY
    ]
    return pd.DataFrame(rows, columns=["metric", "value"])


def kpi_churn(shop: ShopFacts) -> pd.DataFrame:
    """At each month's end, with what was known by then."""
    rows = []
    for end in shop.snapshots:
        purchases = purchases_of(shop.past[shop.past["order_date"] <= end])
        by_customer = purchases.groupby("customer_id")["order_date"].agg(["max", "size"])
        days = (end - by_customer["max"]).dt.days
        gaps = purchases["gap"].dropna()
        for horizon, limit in (("90", 90.0), ("180", 180.0), ("365", 365.0), ("P80", gaps.quantile(0.8) if len(gaps) else None)):
            is_old_enough = limit is not None and (end - purchases["order_date"].min()).days > limit
            lapsed = int((days > limit).sum()) if is_old_enough else None
            churn = None if lapsed is None else lapsed / len(days)
            is_known = len(days) > 0 or (shop.valid["order_date"] > end).all()
            rows.append((end, horizon, limit, len(days) if is_known else None, lapsed, churn, (by_customer["size"] >= 2).mean()))
    columns = ["as_of", "horizon", "threshold_days", "customers", "lapsed", "churn_rate", "repeat_purchase_rate"]
    return pd.DataFrame(rows, columns=columns)


def kpi_breakdown(shop: ShopFacts) -> pd.DataFrame:
    """Each dimension by month, year and over the whole history."""
    tables = []
    for dimension, rows in _members(shop):
        own, names = _in_numbers(rows)
        for period_type, period in (("month", own["month"]), ("year", _year_of(own["month"])), ("all", shop.months[0])):
            by = ["period", "member"]
            table = own.assign(period=period).groupby(by)[["units", "gross_sales", "net_sales"]].sum()
            keyed = own.assign(period=period)
            table = table.assign(
                orders=_distinct(keyed, by, "order"),
                customers=_distinct(keyed[keyed["customer"] >= 0], by, "customer"),
                anonymous_orders=_distinct(keyed[keyed["customer"] < 0], by, "order"),
            ).fillna(0)
            table = table.assign(customers=table["customers"].where(table["customers"] > 0))
            ranked = _ranked(table.reset_index(), period_type, shop)
            tables.append(ranked.assign(dimension=dimension, period_type=period_type, member=names[ranked["member"]]))
    return pd.concat(tables, ignore_index=True)


def _in_numbers(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.Index]:
    """Members, orders and customers as integers, which group faster than texts; members in the order of their names."""
    member, names = pd.factorize(rows["member"], sort=True)
    ids = {"order": pd.factorize(rows["order_id"])[0], "customer": pd.factorize(rows["customer_id"])[0], "member": member}
    return rows[["month", "units", "gross_sales", "net_sales"]].assign(**ids), names


def _distinct(rows: pd.DataFrame, by: list[str], column: str) -> pd.Series:
    return rows[[*by, column]].drop_duplicates().groupby(by).size()


def _year_of(months: pd.Series) -> pd.Series:
    return pd.Series(months.to_numpy().astype("datetime64[Y]").astype("datetime64[us]"), index=months.index)


def _ranked(table: pd.DataFrame, period_type: str, shop: ShopFacts) -> pd.DataFrame:
    """Shares, ranks by (net_sales descending, member), and growth against the same member a year earlier."""
    complete = set(shop.complete_months)
    length = {"month": 1, "year": 12, "all": len(shop.months)}[period_type]
    is_complete = {
        period: set(pd.date_range(period, periods=length, freq="MS", unit="us")) <= complete
        for period in table["period"].unique()
    }
    table = table.sort_values(["period", "net_sales", "member"], ascending=[True, False, True])
    table = table.assign(is_complete=table["period"].map(is_complete))
    sales = table.set_index(["period", "member"])["net_sales"]
    year_before = table["period"] - pd.DateOffset(years=1)
    earlier = pd.Series(sales.reindex(pd.MultiIndex.from_arrays([year_before, table["member"]])).to_numpy(), index=table.index)
    comparable = table["is_complete"] & year_before.map(is_complete).eq(True) & (period_type != "all")
    return table.assign(
        rank=table.groupby("period").cumcount() + 1,
        share=ratio(table["net_sales"], table.groupby("period")["net_sales"].transform("sum")),
        aov=money_ratio(table["net_sales"], table["orders"]),
        net_sales_yoy=(ratio(table["net_sales"], earlier) - 1).where(comparable),
    )


def _members(shop: ShopFacts) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each dimension with its orders or lines; a missing member is `unknown`, a dimension without members is left out."""
    people = shop.customers.set_index("customer_id")[["gender", "age_group", "source_segment", "is_subscriber"]]
    orders = shop.valid.join(people, on="customer_id").assign(
        weekday=lambda rows: rows["order_date"].dt.day_name(), hour=lambda rows: rows["ordered_at"].dt.strftime("%H")
    )
    lines = shop.valid_lines.assign(units=shop.valid_lines["quantity"])
    by_method = (
        fct_payments(shop)
        .rename(columns={"method": "payment_method"})
        .join(shop.valid.set_index("order_id")["customer_id"], on="order_id")
    )
    dimensions = [
        *[(name, column, lines) for name, column in (("category", "category"), ("product", "product_id"), ("brand", "brand"))],
        ("seller", "seller_id", lines),
        ("payment_method", "payment_method", by_method),
        *[(name, name, orders) for name in ("state", "region", "city", "country", "channel", "status", "weekday", "hour")],
        *[(name, name, orders) for name in ("gender", "age_group", "source_segment")],
        ("subscriber", "is_subscriber", orders.assign(is_subscriber=_yes_or_no(orders["is_subscriber"]))),
        ("discounted", "is_discounted", orders.assign(is_discounted=_yes_or_no(orders["is_discounted"]))),
    ]
    for name, column, rows in dimensions:
        if rows[column].notna().any():
            yield name, rows.assign(member=rows[column].fillna("unknown"))


def _yes_or_no(flags: pd.Series) -> pd.Series:
    return flags.astype("object").map({True: "yes", False: "no"})


def kpi_bridge(shop: ShopFacts) -> pd.DataFrame:
    months = kpi_monthly(shop).set_index("month")
    sold = shop.valid_lines.groupby(["month", "product_id"])[["quantity", "gross_sales"]].sum()
    rows = []
    for to_month in shop.complete_months:
        for from_month in (to_month - pd.DateOffset(months=1), to_month - pd.DateOffset(years=1)):
            if from_month in shop.complete_months and months.loc[from_month, "net_sales"] > 0:
                effects = _effects(months.loc[from_month], months.loc[to_month], sold.loc[from_month], sold.loc[to_month])
                rows += [(from_month, to_month, driver, place, effects[driver]) for place, driver in enumerate(DRIVERS, 1)]
    return pd.DataFrame(rows, columns=["from_month", "to_month", "driver", "driver_order", "effect"])


def _effects(before: pd.Series, after: pd.Series, sold_before: pd.DataFrame, sold_after: pd.DataFrame) -> dict[str, int]:
    """METRICS.md: the bridge. Exact fractions, each rounded to the cent; the mix is what remains."""
    names = {
        "C": "customers",
        "N": "new_customers",
        "R": "returning_customers",
        "O": "orders",
        "U": "units",
        "G": "gross_sales",
        "D": "discounts",
    }
    m0, m1 = ({letter: Fraction(int(month[name])) for letter, name in names.items()} for month in (before, after))
    both = sold_before.add_suffix("_before").join(sold_after.add_suffix("_after"), how="inner")
    price = sum(
        (
            Fraction(int(row.gross_sales_after))
            - Fraction(int(row.quantity_after)) * int(row.gross_sales_before) / int(row.quantity_before)
            for row in both.itertuples()
        ),
        Fraction(0),
    )
    exact = {
        "new": (m1["N"] - m0["N"]) * m0["G"] / m0["C"],
        "returning": (m1["R"] - m0["R"]) * m0["G"] / m0["C"],
        "orders_per_customer": m1["O"] * m0["G"] / m0["O"] - m1["C"] * m0["G"] / m0["C"],
        "units_per_order": m1["U"] * m0["G"] / m0["U"] - m1["O"] * m0["G"] / m0["O"],
        "price": price,
        "discount": -(m1["D"] - m0["D"]),
    }
    effects = {driver: _nearest(effect) for driver, effect in exact.items()}
    return effects | {"mix": int(after["net_sales"] - before["net_sales"]) - sum(effects.values())}


def _nearest(cents: Fraction) -> int:
    """Rounded half away from zero."""
    exact = Decimal(cents.numerator) / Decimal(cents.denominator)
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


TABLES: dict[str, Callable[[ShopFacts], pd.DataFrame]] = {
    "kpi_daily": kpi_daily,
    "kpi_monthly": kpi_monthly,
    "kpi_summary": kpi_summary,
    "kpi_churn": kpi_churn,
    "kpi_breakdown": kpi_breakdown,
    "kpi_bridge": kpi_bridge,
}
