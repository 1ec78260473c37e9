"""The same tables as a good notebook: pandas from CSV to answers, mlxtend for baskets, scikit-learn for segments.

Idiomatic and vectorised, everything in memory, money as floats. The definitions are the lake's, or the numbers could not
be held side by side; the cities' spelling is the lake's own function.
Not here: anything that a notebook does not do (bad rows, history, an unclean input).

    python benchmarks/notebook.py INPUT_DIR OUTPUT_DIR

Prints one line of JSON: seconds of start-up and of work, in all and stage by stage, and the rows of every table. A cell that
runs out of memory is named in it, the others go on, and the exit code is 1.
"""

from __future__ import annotations

import time

STARTED = time.perf_counter()

import hashlib  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from mlxtend.frequent_patterns import association_rules, fpgrowth  # noqa: E402
from mlxtend.preprocessing import TransactionEncoder  # noqa: E402
from scipy import stats  # noqa: E402
from sklearn.cluster import KMeans  # noqa: E402
from sklearn.metrics import adjusted_rand_score, calinski_harabasz_score  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils import resample  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

from ecom_lake.shop.connectors.olist.names import STATE_REGIONS, clean_city  # noqa: E402
from ecom_lake.shop.segments.names import names  # noqa: E402

Tables = dict[str, pd.DataFrame]
"""All tables built so far, by name."""

NO_SALE = ["canceled", "unavailable"]
MONEY = ["gross_sales", "discounts", "net_sales", "freight", "gmv"]
STEPS = [
    *["gross_sales", "discounts", "net_sales"],
    *["realized", "returned", "at_risk_recent", "at_risk_stale"],
    *["created", "approved", "processing", "invoiced", "unknown"],
    *["freight", "gmv"],
    *["no_lines", "no_payment", "rounding", "tax", "instalment_interest", "overpaid", "underpaid"],
    "payments",
]
"""The revenue waterfall, from gross sales to what was paid."""
MIN_ORDERS = {"product": 5, "category": 5}
MIN_SUPPORT = {"product": 0.000_01, "category": 0.000_05}
ALPHA = 0.05
RFM = {
    "Champions": "555 554 544 545 454 455 445",
    "Loyal": "543 444 435 355 354 345 344 335",
    "Potential Loyalist": ("553 551 552 541 542 533 532 531 452 451 442 441 431 453 433 432 423 353 352 351 342 341 333 323"),
    "New": "512 511 422 421 412 411 311",
    "Promising": "525 524 523 522 521 515 514 513 425 424 413 414 415 315 314 313",
    "Need Attention": "535 534 443 434 343 334 325 324",
    "About To Sleep": "331 321 312 221 213 231 241 251",
    "At Risk": "253 252 243 242 235 234 225 224 153 152 143 142 135 134 133 125 124",
    "Can't Lose": "155 154 145 144 255 254 245 244",
    "Hibernating": "332 322 233 232 223 222 132 123 122 212 211 113 114 115 214 215",
    "Lost": "111 112 121 131 141 151",
}
"""Segment → its RFM codes."""
FEATURES = {
    "repeat buyers": ["recency_days", "net_sales", "units", "purchases"],
    "one-time buyers": ["recency_days", "net_sales", "units"],
}


# 1. Read and clean.


def read(source: Path, t: Tables) -> None:
    def csv(name: str, **options: object) -> pd.DataFrame:
        return pd.read_csv(source / f"{name}.csv", **options)

    zips = {"customer_zip_code_prefix": str, "seller_zip_code_prefix": str, "geolocation_zip_code_prefix": str}
    times = ["purchase_timestamp", "approved_at", "delivered_carrier_date", "delivered_customer_date", "estimated_delivery_date"]
    t["aliases"] = csv("olist_customers_dataset", dtype=zips)
    t["orders"] = csv("olist_orders_dataset", parse_dates=[f"order_{stage}" for stage in times])
    t["order_items"] = csv("olist_order_items_dataset", usecols=lambda name: name != "shipping_limit_date")
    t["payments"] = csv("olist_order_payments_dataset")
    t["reviews"] = csv("olist_order_reviews_dataset", parse_dates=["review_creation_date", "review_answer_timestamp"])
    t["products"] = csv("olist_products_dataset")
    t["sellers"] = csv("olist_sellers_dataset", dtype=zips)
    t["points"] = csv("olist_geolocation_dataset", dtype=zips)
    t["translation"] = csv("product_category_name_translation", encoding="utf-8-sig")


def with_address(frame: pd.DataFrame, of: str) -> pd.DataFrame:
    frame = frame.rename(columns={f"{of}_zip_code_prefix": "zip", f"{of}_city": "raw", f"{of}_state": "state"})
    spellings = frame[["raw", "state"]].drop_duplicates()
    spellings["city"] = [
        None if pd.isna(raw) else clean_city(raw, state) for raw, state in spellings.itertuples(index=False, name=None)
    ]
    frame = frame.merge(spellings, on=["raw", "state"], how="left").drop(columns="raw")
    return frame.assign(region=frame["state"].map(STATE_REGIONS), country="BR")


def clean(t: Tables) -> None:
    aliases = with_address(t.pop("aliases"), "customer")
    orders = t["orders"].merge(aliases, on="customer_id", how="left").drop(columns="customer_id")
    orders = orders.rename(
        columns={
            "customer_unique_id": "customer_id",
            "order_status": "status",
            "order_purchase_timestamp": "ordered_at",
            "order_approved_at": "approved_at",
            "order_delivered_carrier_date": "shipped_at",
            "order_delivered_customer_date": "delivered_at",
            "order_estimated_delivery_date": "promised_at",
        }
    )
    stages = orders[["ordered_at", "approved_at", "shipped_at", "delivered_at"]]
    reached = stages.cummax(axis=1)
    orders["is_timeline_sound"] = (stages.isna() | (stages == reached)).all(axis=1)
    orders["order_date"] = orders["ordered_at"].dt.normalize()
    orders["month"] = orders["order_date"].dt.to_period("M").dt.to_timestamp()
    orders["is_valid"] = ~orders["status"].isin(NO_SALE)
    t["orders"] = orders

    latest = orders.sort_values(["ordered_at", "order_id"]).drop_duplicates("customer_id", keep="last")
    t["customers"] = latest[["customer_id", "city", "state", "region", "country", "zip"]]

    products = t["products"].merge(t.pop("translation"), on="product_category_name", how="left")
    products["category"] = products["product_category_name_english"].fillna(products["product_category_name"]).fillna("unknown")
    products["weight_g"] = products["product_weight_g"].replace(0, np.nan)
    t["products"] = products.rename(columns={"product_photos_qty": "photos"})
    t["sellers"] = with_address(t["sellers"], "seller")

    t["payments"]["payment_installments"] = t["payments"]["payment_installments"].clip(lower=1)
    t["payments"]["payment_type"] = t["payments"]["payment_type"].replace("not_defined", "unknown")
    for column in ("review_comment_title", "review_comment_message"):
        t["reviews"][column] = t["reviews"][column].str.strip().replace("", None)
    t["places"] = places(t.pop("points"))


def places(points: pd.DataFrame) -> pd.DataFrame:
    """A zip's centre is the median of its points in Brazil; its city and state are the most frequent ones."""
    points = points.rename(columns=lambda name: name.removeprefix("geolocation_"))
    inside = points[points["lat"].between(-34, 6) & points["lng"].between(-74, -32)]
    centres = inside.groupby("zip_code_prefix")[["lat", "lng"]].median()
    named = with_address(points.rename(columns=lambda name: f"geolocation_{name}"), "geolocation")
    votes = named.groupby(["zip", "city"]).size().rename("votes").reset_index()
    best = votes.sort_values(["zip", "votes", "city"], ascending=[True, False, True]).drop_duplicates("zip")
    votes = named.groupby(["zip", "state"]).size().rename("votes").reset_index()
    states = votes.sort_values(["zip", "votes", "state"], ascending=[True, False, True]).drop_duplicates("zip")
    found = named.groupby("zip").size().rename("points").reset_index()
    found = found.merge(centres, left_on="zip", right_index=True, how="left")
    return found.merge(best[["zip", "city"]], on="zip", how="left").merge(states[["zip", "state"]], on="zip", how="left")


# 2. The star: calendar, people, products, sellers, lines and orders.


def calendar(t: Tables) -> None:
    day = t["orders"]["order_date"]
    per_month = t["orders"].groupby("month")["order_id"].count()
    busy = per_month[per_month >= 0.1 * per_month.median()].index
    number = pd.Series(busy.year * 12 + busy.month, index=busy)
    runs = number.groupby(number - np.arange(len(number))).groups.values()
    complete = max(runs, key=lambda months: (len(months), months[-1]))
    first, last = day.min(), day.max()
    if complete[0] == per_month.index[0] and (first - complete[0]).days > 3:
        complete = complete[1:]
    if complete[-1] == per_month.index[-1] and (complete[-1] + pd.offsets.MonthEnd() - last).days > 3:
        complete = complete[:-1]
    as_of = complete[-1] + pd.offsets.MonthEnd()

    date = pd.date_range(f"{min(first, as_of).year}-01-01", f"{max(last, as_of).year}-12-31")
    iso = date.isocalendar()
    months = date.to_period("M").to_timestamp()
    t["dim_date"] = pd.DataFrame(
        {
            "date": date,
            "year": date.year,
            "quarter": date.quarter,
            "month": date.month,
            "day": date.day,
            "month_start": months,
            "month_name": date.month_name(),
            "iso_year": iso["year"].to_numpy(),
            "iso_week": iso["week"].to_numpy(),
            "weekday": iso["day"].to_numpy(),
            "weekday_name": date.day_name(),
            "is_weekend": iso["day"].to_numpy() >= 6,
            "is_complete_month": months.isin(complete),
            "is_as_of": date == as_of,
        }
    )


def today(t: Tables) -> pd.Timestamp:
    return t["dim_date"].loc[t["dim_date"]["is_as_of"], "date"].iloc[0]


def dimensions(t: Tables) -> None:
    unknown = [
        "registered_at",
        "age",
        "age_group",
        "gender",
        "source_segment",
        "is_subscriber",
        "prior_purchases",
        "purchase_frequency_days",
    ]
    t["dim_customer"] = t["customers"].assign(has_record=True, **dict.fromkeys(unknown))
    t["dim_product"] = t["products"][["product_id", "category", "weight_g", "photos"]].assign(
        has_record=True, name=None, brand=None, unit_cost=None, list_price=None
    )
    t["dim_seller"] = t["sellers"][["seller_id", "city", "state", "zip"]].assign(has_record=True)


def facts(t: Tables) -> None:
    orders = t["orders"]
    placed = ["order_id", "order_date", "month", "customer_id", "status", "state", "region", "is_valid"]
    sales = (
        t["order_items"].merge(orders[placed], on="order_id").merge(t["products"][["product_id", "category"]], on="product_id")
    )
    sales = sales.rename(columns={"order_item_id": "line", "price": "unit_price", "freight_value": "freight"})
    sales["quantity"] = 1
    sales["gross_sales"] = sales["net_sales"] = sales["unit_price"]
    sales["discount"] = 0.0
    unknown = ["brand", "channel", "is_returned", "unit_cost", "cogs", "gross_profit"]
    t["fct_sales"] = sales.assign(**dict.fromkeys(unknown))

    lines = sales.groupby("order_id").agg(
        items=("line", "size"),
        units=("quantity", "sum"),
        gross_sales=("gross_sales", "sum"),
        discounts=("discount", "sum"),
        freight=("freight", "sum"),
    )
    paid = (
        t["payments"]
        .groupby("order_id")
        .agg(
            payment_count=("payment_value", "size"),
            payments=("payment_value", "sum"),
            instalments=("payment_installments", "max"),
        )
    )
    newest_last = ["review_answer_timestamp", "review_creation_date", "review_id"]
    said = t["reviews"].sort_values(newest_last, na_position="first").drop_duplicates("order_id", keep="last")
    said = said.set_index("order_id")[["review_score"]]

    made = (
        orders.sort_values(["ordered_at", "order_id"])
        .join(lines, on="order_id")
        .join(paid, on="order_id")
        .join(said, on="order_id")
    )
    amounts = [*lines.columns, "payment_count", "payments"]
    made[amounts] = made[amounts].fillna(0)
    made["net_sales"] = made["gross_sales"] - made["discounts"]
    made["gmv"] = made["net_sales"] + made["freight"]
    made["review_score"] = made["review_score"].astype("Float64")

    sold = made[made["is_valid"]]
    people = sold.groupby("customer_id")
    made["order_number"] = people.cumcount() + 1
    made["previous_order_date"] = people["order_date"].shift()
    made["opens_purchase"] = made["is_valid"] & (made["previous_order_date"] != made["order_date"])
    made["purchase_number"] = made["opens_purchase"].groupby(made["customer_id"]).cumsum().where(made["is_valid"])
    made["is_first_order"] = made["order_number"] == 1
    gap = (made["order_date"] - made["previous_order_date"]).dt.days
    made["gap_days"] = gap.where(gap != 0)

    days = {stage: made[stage].dt.normalize() for stage in ("approved_at", "shipped_at", "promised_at")}
    delivered = made["delivered_at"].dt.normalize().where(made["status"] == "delivered")
    made["delivered_date"], made["promised_date"] = delivered, days["promised_at"]
    made["approval_days"] = (days["approved_at"] - made["order_date"]).dt.days
    made["handling_days"] = (days["shipped_at"] - days["approved_at"]).dt.days
    made["transit_days"] = (delivered - days["shipped_at"]).dt.days
    made["lead_days"] = (delivered - made["order_date"]).dt.days
    made["delay_days"] = (delivered - days["promised_at"]).dt.days
    made["is_late"] = (made["delay_days"] > 0).astype("boolean").mask(made["delay_days"].isna())
    made["is_review_imputed"] = pd.Series(False, made.index, dtype="boolean").mask(made["review_score"].isna())
    unknown = ["channel", "cogs", "is_returned", "returned_units", "returned_sales"]
    t["fct_orders"] = made.assign(costed_sales=0.0, **dict.fromkeys(unknown))


# 3. KPIs.


def divided(above: pd.Series, below: pd.Series) -> pd.Series:
    """The quotient, or NaN where the divisor is zero."""
    return above / below.where(below != 0)


def kpi_daily(t: Tables) -> None:
    orders = t["fct_orders"]
    days = pd.date_range(orders["order_date"].min(), orders["order_date"].max(), name="date")
    sold = orders[orders["is_valid"]].groupby("order_date")
    sums = sold[["units", "gross_sales", "discounts", "net_sales", "freight", "gmv"]].sum()
    daily = sums.assign(orders=sold.size(), customers=sold["customer_id"].nunique()).reindex(days, fill_value=0)
    t["kpi_daily"] = daily.assign(aov=divided(daily["net_sales"], daily["orders"])).reset_index()


def kpi_monthly(t: Tables) -> None:
    orders = t["fct_orders"]
    calendar = t["dim_date"].drop_duplicates("month_start").set_index("month_start")["is_complete_month"]
    months = pd.date_range(orders["month"].min(), orders["month"].max(), freq="MS", name="month")
    sold = orders[orders["is_valid"]].assign(
        is_promoter=lambda o: o["review_score"] >= 5,
        is_detractor=lambda o: o["review_score"] <= 3,
        is_status_unknown=lambda o: o["status"] == "unknown",
    )
    outcomes = orders.assign(is_canceled=orders["status"].isin(NO_SALE), is_known=orders["status"] != "unknown").groupby("month")
    placed = outcomes.agg(placed=("is_canceled", "size"), canceled=("is_canceled", "sum"), known=("is_known", "sum"))
    m = (
        sold.groupby("month")
        .agg(
            orders=("order_id", "size"),
            customers=("customer_id", "nunique"),
            new_customers=("is_first_order", "sum"),
            **{amount: (amount, "sum") for amount in ("items", "units", *MONEY, "payments")},
            unknown_status_orders=("is_status_unknown", "sum"),
            late=("is_late", "sum"),
            promised=("is_late", "count"),
            lead=("lead_days", "sum"),
            led=("lead_days", "count"),
            scores=("review_score", "sum"),
            reviews=("review_score", "count"),
            promoters=("is_promoter", "sum"),
            detractors=("is_detractor", "sum"),
        )
        .reindex(months, fill_value=0)
        .astype(float)
    )
    placed = placed.reindex(months, fill_value=0)
    m["is_complete"] = calendar.reindex(months)
    m["returning_customers"] = m["customers"] - m["new_customers"]
    m["placed_orders"] = placed["placed"]
    m["canceled_orders"] = placed["canceled"].where((placed["known"] > 0) | (placed["placed"] == 0))
    m["cancel_rate"] = divided(m["canceled_orders"], m["placed_orders"])
    m["aov"] = divided(m["net_sales"], m["orders"])
    m["items_per_order"] = divided(m["items"], m["orders"])
    m["late_rate"] = divided(m["late"], m["promised"])
    m["avg_lead_days"] = divided(m["lead"], m["led"])
    m["avg_review"] = divided(m["scores"], m["reviews"])
    m["nps_proxy"] = divided(100 * (m["promoters"] - m["detractors"]), m["reviews"])
    for growth, back in {"net_sales_mom": 1, "net_sales_yoy": 12}.items():
        before = m["net_sales"].shift(back)
        comparable = m["is_complete"] & m["is_complete"].shift(back, fill_value=False)
        m[growth] = divided(m["net_sales"] - before, before).where(comparable)
    unknown = [
        "cogs",
        "cogs_coverage",
        "gross_profit",
        "margin",
        "returned_orders",
        "returned_sales",
        "return_rate",
        "return_rate_units",
        "return_share",
    ]
    t["kpi_monthly"] = m.assign(**dict.fromkeys(unknown)).reset_index()


def revenue_waterfall(t: Tables) -> None:
    as_of = today(t)
    o = t["fct_orders"][t["fct_orders"]["is_valid"]]
    underway = o["status"].isin(["shipped", "in_transit"])
    recent = (as_of - o["order_date"]).dt.days <= 60
    difference = (o["payments"] - o["gmv"]).round(2)
    kept_as = np.select(
        [o["status"].isin(["delivered", "returned"]), underway & recent, underway],
        ["realized", "at_risk_recent", "at_risk_stale"],
        o["status"],
    )
    cause = np.select(
        [
            o["items"] == 0,
            o["payment_count"] == 0,
            difference.abs() <= 0.05,
            (difference > 0) & (o["instalments"] > 1),
            difference > 0,
        ],
        ["no_lines", "no_payment", "rounding", "instalment_interest", "overpaid"],
        "underpaid",
    )
    months = t["kpi_monthly"]["month"]
    per_month = o.groupby("month")
    table = pd.DataFrame({step: per_month[step].sum() for step in (*MONEY, "payments")}, index=months).fillna(0.0)
    table["discounts"] = -table["discounts"]
    table = table.join(o["net_sales"].groupby([o["month"], kept_as]).sum().unstack(fill_value=0.0), on="month")
    table = table.join(difference.groupby([o["month"], cause]).sum().unstack(fill_value=0.0), on="month")
    table = table.reindex(columns=STEPS).fillna(0.0)

    def closes(steps: slice, total: str) -> pd.Series:
        return (table.loc[:, steps].sum(axis=1) - table[total]).abs() < 0.005

    closing = {
        "net_sales": closes(slice("gross_sales", "discounts"), "net_sales"),
        "unknown": closes(slice("realized", "unknown"), "net_sales"),
        "gmv": (table["net_sales"] + table["freight"] - table["gmv"]).abs() < 0.005,
        "payments": closes(slice("gmv", "underpaid"), "payments"),
    }
    sound = pd.DataFrame(closing, index=table.index).reindex(columns=STEPS).bfill(axis=1)
    long = table.melt(var_name="step", value_name="amount", ignore_index=False).reset_index()
    long["step_order"] = long["step"].map({step: number for number, step in enumerate(STEPS, 1)})
    long["closes"] = sound.melt(ignore_index=False)["value"].to_numpy(dtype=bool)
    t["revenue_waterfall"] = long


# 4. People.


def customer_metrics(t: Tables) -> None:
    as_of = today(t)
    orders = t["fct_orders"].query("is_valid and order_date <= @as_of")
    sales = t["fct_sales"].query("is_valid and order_date <= @as_of")
    people = orders.groupby("customer_id")
    c = people.agg(
        first_order_date=("order_date", "min"),
        last_order_date=("order_date", "max"),
        orders=("order_id", "size"),
        purchases=("opens_purchase", "sum"),
        items=("items", "sum"),
        units=("units", "sum"),
        net_sales=("net_sales", "sum"),
        promised_orders=("is_late", "count"),
        late_orders=("is_late", "sum"),
        avg_review=("review_score", "mean"),
    )
    c["net_sales"] = c["net_sales"].round(2)
    c["late_orders"] = c["late_orders"].where(c["promised_orders"] > 0)
    c["aov"] = c["net_sales"] / c["orders"]
    c["recency_days"] = (as_of - c["last_order_date"]).dt.days
    c["lifespan_days"] = (c["last_order_date"] - c["first_order_date"]).dt.days
    c["avg_gap_days"] = divided(c["lifespan_days"], c["purchases"] - 1)
    c["categories"] = sales.groupby("customer_id")["category"].nunique().reindex(c.index, fill_value=0)
    c["m"] = fifth(c["net_sales"])
    gaps = orders["gap_days"].dropna()
    active, at_risk = gaps.quantile(0.5), gaps.quantile(0.8)
    c["activity_status"] = np.select([c["recency_days"] <= active, c["recency_days"] <= at_risk], ["active", "at risk"], "lapsed")
    c["loyalty_tier"] = np.select([c["purchases"] >= 3, c["purchases"] >= 2], ["Loyal", "Returning"], "New")
    c["persona"] = np.select(
        [
            (c["purchases"] >= 2) & (c["m"] >= 4),
            c["m"] == 5,
            c["activity_status"] == "lapsed",
            c["m"] <= 2,
        ],
        ["Loyal High-Value", "Premium", "High Churn Risk", "Low-Premium"],
        "Standard",
    )
    unknown = ["cogs", "gross_profit", "registration_delay_days", "registration_anomaly"]
    t["customer_metrics"] = c.assign(**dict.fromkeys(unknown)).reset_index()


def fifth(values: pd.Series) -> pd.Series:
    """A score from 1 to 5 by rank, in whole numbers: equal values have equal scores."""
    return 1 + 5 * (values.rank(method="min").astype(int) - 1) // len(values)


def rfm(t: Tables) -> None:
    c = t["customer_metrics"]
    scores = pd.DataFrame({"r": fifth(c["last_order_date"]), "f": c["purchases"].clip(upper=5), "m": fifth(c["net_sales"])})
    scored = c[["customer_id", "recency_days"]].assign(
        as_of=today(t), frequency=c["purchases"], monetary=c["net_sales"], **scores
    )
    rows = [(code, segment, *map(int, code)) for segment, listed in RFM.items() for code in listed.split()]
    codes = pd.DataFrame(rows, columns=["rfm_code", "segment", "r", "f", "m"])
    t["rfm"] = scored.merge(codes, on=["r", "f", "m"])


def rfm_segments(t: Tables) -> None:
    s = (
        t["rfm"]
        .groupby("segment")
        .agg(
            customers=("customer_id", "size"),
            net_sales=("monetary", "sum"),
            avg_recency_days=("recency_days", "mean"),
            avg_frequency=("frequency", "mean"),
            avg_monetary=("monetary", "mean"),
        )
    )
    shares = {"share": s["customers"] / s["customers"].sum(), "net_sales_share": s["net_sales"] / s["net_sales"].sum()}
    t["rfm_segments"] = s.assign(**shares).reset_index()


def kpi_summary(t: Tables) -> None:
    orders, c, as_of = t["fct_orders"], t["customer_metrics"], today(t)
    o = orders[orders["is_valid"]]
    sums = o[[*MONEY, "units", "items", "payments"]].sum()
    people = c["customer_id"].size
    gaps = o.loc[o["order_date"] <= as_of, "gap_days"].dropna()
    long_ago = as_of - pd.Timedelta(days=90)
    first = o["opens_purchase"] & (o["purchase_number"] == 1) & (o["order_date"] <= long_ago)
    second = o["opens_purchase"] & (o["purchase_number"] == 2) & (o["previous_order_date"] <= long_ago) & (o["gap_days"] <= 90)
    rising = np.sort(c["net_sales"].to_numpy())
    score = o["review_score"].dropna()
    values = {
        "net_sales": (sums["net_sales"], "money"),
        "orders": (len(o), "count"),
        "customers": (o["customer_id"].nunique(), "count"),
        "aov": (sums["net_sales"] / len(o), "money"),
        "units": (sums["units"], "count"),
        "items_per_order": (sums["items"] / len(o), "count"),
        "gross_sales": (sums["gross_sales"], "money"),
        "discounts": (sums["discounts"], "money"),
        "freight": (sums["freight"], "money"),
        "gmv": (sums["gmv"], "money"),
        "payments": (sums["payments"], "money"),
        "gross_profit": (None, "money"),
        "orders_placed": (len(orders), "count"),
        "cancel_rate": (orders["status"].isin(NO_SALE).mean() if (orders["status"] != "unknown").any() else None, "share"),
        "return_rate": (None, "share"),
        "late_rate": (o["is_late"].mean(), "share"),
        "avg_lead_days": (o["lead_days"].mean(), "days"),
        "avg_review": (score.mean(), "score"),
        "nps_proxy": (100 * ((score >= 5).sum() - (score <= 3).sum()) / len(score), "points"),
        "repeat_purchase_rate": ((c["purchases"] >= 2).sum() / people, "share"),
        "repeat_order_rate": ((c["orders"] >= 2).sum() / people, "share"),
        "repeat_purchase_rate_soon": (second.sum() / first.sum(), "share"),
        "gap_p50_days": (gaps.quantile(0.5), "days"),
        "gap_p80_days": (gaps.quantile(0.8), "days"),
        "gini": (2 * (np.arange(1, people + 1) * rising).sum() / (people * rising.sum()) - (people + 1) / people, "ratio"),
        "complete_months": (t["dim_date"].loc[t["dim_date"]["is_complete_month"], "month_start"].nunique(), "count"),
    }
    table = pd.DataFrame.from_dict(values, orient="index", columns=["value", "unit"]).rename_axis("metric").reset_index()
    t["kpi_summary"] = table.assign(position=table.index + 1, value=table["value"].astype(float))


# 5. Baskets.


def baskets(t: Tables, level: str, column: str) -> None:
    sales = t["fct_sales"][t["fct_sales"]["is_valid"]]
    total = sales["order_id"].nunique()
    lines = sales[["order_id", column]].set_axis(["order_id", "item"], axis=1).query("item != 'unknown'").drop_duplicates()
    itemsets = frequent(lines, total, MIN_ORDERS[level], MIN_SUPPORT[level])
    for table, made in {
        "basket_itemsets": described(itemsets, level, total),
        "basket_rules": rules(itemsets, level, total),
    }.items():
        t[table] = pd.concat([t[table], made]) if table in t else made


def frequent(lines: pd.DataFrame, total: int, min_orders: int, min_support: float) -> pd.DataFrame:
    """Items that are too rare by themselves are left out beforehand, or the one-hot table would be far wider still."""
    enough = max(min_orders, int(np.ceil(min_support * total)))
    common = lines[lines.groupby("item")["order_id"].transform("size") >= enough]
    transactions = common.groupby("order_id")["item"].agg(list).tolist()
    transactions += [[]] * (total - len(transactions))
    encoder = TransactionEncoder()
    onehot = encoder.fit_transform(transactions, sparse=True)
    frame = pd.DataFrame.sparse.from_spmatrix(onehot, columns=encoder.columns_)
    return fpgrowth(frame, min_support=enough / total, use_colnames=True)


def joined(items: frozenset[str]) -> str:
    return " + ".join(sorted(items))


def described(itemsets: pd.DataFrame, level: str, total: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "level": level,
            "size": itemsets["itemsets"].map(len),
            "items": itemsets["itemsets"].map(joined),
            "orders": (itemsets["support"] * total).round().astype(int),
            "support": itemsets["support"],
            "baskets": total,
        }
    )


def rules(itemsets: pd.DataFrame, level: str, total: int) -> pd.DataFrame:
    made = association_rules(itemsets, metric="support", min_threshold=0)
    made = made[made["consequents"].map(len) == 1]
    counts = {name: (made[name] * total).round().astype(int) for name in ("support", "antecedent support", "consequent support")}
    both, given, follows = counts.values()
    p = stats.hypergeom.sf(both - 1, total, given, follows)
    adjusted = stats.false_discovery_control(p) if len(p) else p
    return pd.DataFrame(
        {
            "level": level,
            "antecedent_size": made["antecedents"].map(len),
            "antecedent": made["antecedents"].map(joined),
            "consequent": made["consequents"].map(joined),
            "orders": both,
            "support": made["support"],
            "confidence": made["confidence"],
            "lift": made["lift"],
            "leverage": made["leverage"],
            "conviction": made["conviction"].replace(np.inf, np.nan),
            "zhang": made["zhangs_metric"],
            "p_value": p,
            "p_adjusted": adjusted,
            "is_significant": adjusted <= ALPHA,
            "baskets": total,
            "antecedent_orders": given,
            "consequent_orders": follows,
            "rules_tested": len(made),
        }
    ).query("lift > 1")


# 6. Segments.


def customer_segments(t: Tables) -> None:
    people = t["customer_metrics"].assign(drawn=lambda c: [hashlib.md5(i.encode()).hexdigest() for i in c["customer_id"]])
    people = people.sort_values("drawn")
    centres: list[pd.DataFrame] = []
    members: list[pd.DataFrame] = []
    for noun, features in FEATURES.items():
        is_one_time = "purchases" not in features
        group = people[(people["purchases"] == 1) == is_one_time]
        table, placed = segments(group, noun, features)
        table["is_one_time"], placed["is_one_time"] = is_one_time, is_one_time
        placed["segment_id"] += sum(len(table) for table in centres)
        centres.append(table)
        members.append(placed)
    t["segment_centres"] = pd.concat(centres, ignore_index=True)
    t["segment_centres"]["segment_id"] = t["segment_centres"].index + 1
    version = hashlib.md5(t["segment_centres"].to_csv().encode()).hexdigest()[:12]
    t["segment_centres"]["model_version"] = version
    named = t["segment_centres"][["segment_id", "segment"]]
    t["customer_segments"] = pd.concat(members).merge(named, on="segment_id").assign(model_version=version)


def segments(group: pd.DataFrame, noun: str, features: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The centres of a group's segments, biggest spenders first, and the segment and distance of each of its people."""
    logs = np.log1p(group[features].astype(float).clip(lower=0))
    scaler = StandardScaler().fit(logs[:200_000])
    points = scaler.transform(logs)
    with threadpool_limits(1):  # so few points are clustered sooner than two threads have agreed who does what
        best = best_clusters(points[:5_000])
    fitted = KMeans(best.n_clusters, init=best.cluster_centers_, n_init=1).fit(points[:200_000])
    away = fitted.transform(points)
    label, distance = away.argmin(axis=1), away.min(axis=1)

    medians = group[features].groupby(label).median()
    order = medians.sort_values("net_sales", ascending=False).index.to_numpy()
    named = names([medians.loc[i].to_dict() for i in order], {f: group[f].to_numpy(float) for f in features}, noun)
    centres = pd.DataFrame(np.expm1(scaler.inverse_transform(fitted.cluster_centers_[order])), columns=features)
    centres = centres.assign(**{f"{f}_deviation": s for f, s in zip(features, scaler.scale_, strict=True)})
    centres = centres.assign(segment=[n.text for n in named], rule=[n.rule for n in named], is_cluster=True)
    placed = pd.DataFrame({"customer_id": group["customer_id"], "segment_id": order.argsort()[label] + 1, "distance": distance})
    return centres.round(6), placed.round(6)


def best_clusters(points: np.ndarray) -> KMeans:
    """The best separated clustering among those that are stable on resampled customers and have no small cluster."""
    sound = {}
    for k in range(3, 9):
        fitted = KMeans(k, n_init=10, random_state=0).fit(points)
        again = []
        for seed in range(5):
            other = KMeans(k, n_init=3, random_state=seed).fit(resample(points, random_state=seed))
            again.append(adjusted_rand_score(fitted.labels_, other.predict(points)))
        if np.mean(again) >= 0.9 and np.bincount(fitted.labels_).min() >= 0.05 * len(points):
            sound[calinski_harabasz_score(points, fitted.labels_)] = fitted
    return sound[max(sound)]


def segment_profile(t: Tables) -> None:
    joined = t["customer_segments"][["customer_id", "segment_id"]].merge(t["customer_metrics"], on="customer_id")
    group = joined.groupby("segment_id")
    profile = pd.DataFrame({"customers": group.size(), "net_sales": group["net_sales"].sum()})
    profile["share"] = profile["customers"] / len(joined)
    profile["net_sales_share"] = profile["net_sales"] / joined["net_sales"].sum()
    middle = ["recency_days", "purchases", "units", "net_sales", "aov"]
    profile[[f"median_{feature}" for feature in middle]] = group[middle].median().round(2)
    profile["median_gap_days"] = group["avg_gap_days"].median().round(2)
    described = t["segment_centres"][["segment_id", "segment", "is_one_time", "rule", "model_version"]]
    t["segment_profile"] = profile.reset_index().merge(described, on="segment_id")


# 7. Out.

GOLD = (
    *("dim_date", "dim_customer", "dim_product", "dim_seller", "fct_sales", "fct_orders"),
    *(
        "kpi_daily",
        "kpi_monthly",
        "revenue_waterfall",
        "customer_metrics",
        "rfm",
        "rfm_segments",
        "kpi_summary",
        "basket_itemsets",
        "basket_rules",
    ),
    *("segment_centres", "customer_segments", "segment_profile"),
)
SILVER = ("orders", "customers", "order_items", "payments", "reviews", "products", "sellers", "places")


def write(t: Tables, target: Path) -> None:
    for folder, tables in {target / "silver": SILVER, target: GOLD}.items():
        folder.mkdir(parents=True, exist_ok=True)
        for table in t.keys() & set(tables):
            t[table].to_parquet(folder / f"{table}.parquet", index=False)


def main() -> None:
    source, target = map(Path, sys.argv[1:3])
    begun = time.perf_counter()
    t: Tables = {}
    cells: dict[str, Callable[[], None]] = {
        "read": lambda: read(source, t),
        "clean": lambda: clean(t),
        "calendar": lambda: calendar(t),
        "dimensions": lambda: dimensions(t),
        "facts": lambda: facts(t),
        "kpi_daily": lambda: kpi_daily(t),
        "kpi_monthly": lambda: kpi_monthly(t),
        "revenue_waterfall": lambda: revenue_waterfall(t),
        "customer_metrics": lambda: customer_metrics(t),
        "rfm": lambda: rfm(t),
        "rfm_segments": lambda: rfm_segments(t),
        "kpi_summary": lambda: kpi_summary(t),
        "product_baskets": lambda: baskets(t, "product", "product_id"),
        "category_baskets": lambda: baskets(t, "category", "category"),
        "customer_segments": lambda: customer_segments(t),
        "segment_profile": lambda: segment_profile(t),
        "write": lambda: write(t, target),
    }
    seconds: dict[str, float] = {}
    cpu: dict[str, float] = {}
    failed: dict[str, str] = {}
    for cell, run in cells.items():
        started, busy = time.perf_counter(), time.process_time()
        try:
            run()
        except MemoryError as error:
            failed[cell] = str(error) or "out of memory"
        seconds[cell] = round(time.perf_counter() - started, 3)
        cpu[cell] = round(time.process_time() - busy, 3)
    print(
        json.dumps(
            {
                "startup": round(begun - STARTED, 3),
                "work": round(time.perf_counter() - begun, 3),
                "stages": seconds,
                "cpu": cpu,
                "failed": failed,
                "rows": {table: len(t[table]) for table in GOLD if table in t},
            }
        )
    )
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
