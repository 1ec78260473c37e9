"""The tables of the semantic model: which gold table each one is, which columns it shows and hides, and how tables relate.

A shown column has a business name; a hidden one keeps its name in gold, so that DAX reads like the SQL. No number is shown as a
column unless a table lists it row by row: numbers are measures, so that nobody adds up what does not add up.
A line of Sales belongs to an order, and only the order has a date and a customer: each filter reaches a fact by one path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Definition:
    """A table of the model. Columns that the release does not have are left out."""

    gold: str
    name: str
    shown: Mapping[str, str] = field(default_factory=dict)
    """Business names, by the names in gold."""
    hidden: tuple[str, ...] = ()
    key: str = ""
    """The column that is unique; empty where no relationship needs one."""
    sort_by: Mapping[str, str] = field(default_factory=dict)
    hierarchy: tuple[str, tuple[str, ...]] = ("", ())
    """Its name, and its levels by their names in gold."""
    where: Mapping[str, str | bool] = field(default_factory=dict)
    """The only rows that are loaded: those with these values."""
    is_calendar: bool = False


@dataclass(frozen=True)
class Related:
    """A relationship of two columns, by their names in gold: many rows of the first table belong to one of the second."""

    table: str
    column: str
    to_table: str
    to_column: str
    is_one_to_one: bool = False
    """Filters then pass both ways."""


DATE, ORDERS, SALES, CUSTOMER, PRODUCT, SELLER = (
    "dim_date",
    "fct_orders",
    "fct_sales",
    "dim_customer",
    "dim_product",
    "dim_seller",
)

DEFINITIONS = (
    Definition(
        DATE,
        "Date",
        shown={
            "date": "Date",
            "year": "Year",
            "quarter": "Quarter",
            "month_name": "Month Name",
            "month_start": "Month Start",
            "weekday_name": "Weekday Name",
            "is_weekend": "Is Weekend",
            "is_complete_month": "Is Complete Month",
        },
        hidden=("month", "weekday", "is_as_of"),
        key="date",
        sort_by={"month_name": "month", "weekday_name": "weekday"},
        hierarchy=("Calendar", ("year", "quarter", "month_name", "date")),
        is_calendar=True,
    ),
    Definition(
        CUSTOMER,
        "Customer",
        shown={
            "state": "Customer State",
            "region": "Customer Region",
            "country": "Customer Country",
            "city": "Customer City",
            "zip": "Customer Zip",
            "age_group": "Age Group",
            "gender": "Gender",
            "source_segment": "Source Segment",
            "is_subscriber": "Is Subscriber",
        },
        hidden=("customer_id",),
        key="customer_id",
    ),
    Definition(
        PRODUCT,
        "Product",
        shown={"product_id": "Product ID", "name": "Product Name", "category": "Category", "brand": "Brand"},
        key="product_id",
        hierarchy=("Products", ("category", "product_id")),
    ),
    Definition(SELLER, "Seller", shown={"seller_id": "Seller ID", "state": "Seller State"}, key="seller_id"),
    Definition(
        ORDERS,
        "Orders",
        shown={
            "status": "Status",
            "channel": "Channel",
            "shipping_method": "Shipping Method",
            "coupon_code": "Coupon Code",
            "state": "State",
            "region": "Region",
            "country": "Country",
            "city": "City",
            "is_first_order": "Is First Order",
            "is_late": "Is Late",
        },
        hidden=(
            "order_id",
            "customer_id",
            "order_date",
            "is_valid",
            "payments",
            "is_discounted",
            "is_returned",
            "lead_days",
            "review_score",
        ),
        key="order_id",
    ),
    Definition(
        SALES,
        "Sales",
        hidden=(
            "order_id",
            "product_id",
            "seller_id",
            "is_valid",
            "is_returned",
            "quantity",
            "gross_sales",
            "discount",
            "net_sales",
            "freight",
            "tax",
            "cogs",
        ),
    ),
    Definition("fct_refunds", "Refunds", hidden=("refund_date", "is_valid", "amount")),
    Definition("payment_mix", "Payment Mix", shown={"method": "Payment Method"}, hidden=("month", "payments")),
    Definition(
        "rfm",
        "RFM",
        shown={
            "segment": "RFM Segment",
            "rfm_code": "RFM Code",
            "r": "Recency Score",
            "f": "Frequency Score",
            "m": "Monetary Score",
        },
        hidden=("customer_id",),
        key="customer_id",
    ),
    Definition(
        "customer_metrics",
        "Customer Profile",
        shown={"loyalty_tier": "Loyalty Tier", "persona": "Persona", "activity_status": "Activity Status"},
        hidden=("customer_id", "purchases"),
        key="customer_id",
    ),
    Definition("customer_segments", "Cluster", shown={"segment": "Cluster"}, hidden=("customer_id",), key="customer_id"),
    Definition(
        "product_performance",
        "Product Rank",
        shown={"abc_class": "ABC Class", "rank_by_sales": "Rank by Sales"},
        hidden=("product_id",),
        key="product_id",
    ),
    Definition(
        "cohort_retention",
        "Retention",
        shown={"cohort": "Cohort", "month_number": "Months Since First Order"},
        hidden=("cohort_size", "active_customers"),
    ),
    Definition(
        "sales_forecast",
        "Forecast",
        shown={"period": "Forecast Month", "method": "Forecast Method"},
        hidden=("forecast", "low_80", "high_80"),
        where={"series": "total", "grain": "month", "is_champion": True},
    ),
    Definition(
        "insights",
        "Insights",
        shown={"rank": "Rank", "topic": "Topic", "statement": "Statement", "action": "Action", "caveat": "Caveat"},
        where={"status": "shown"},
    ),
    Definition(
        "ledger",
        "Deliveries",
        shown={"sequence": "Delivery", "delivered_at": "Delivered At", "file": "File", "read_as": "Read As"},
        hidden=(
            "rows_delivered",
            "rejected",
            "quarantined",
            "pending",
            "superseded",
            "collapsed",
            "left_out",
            "published",
            "erased",
        ),
    ),
    Definition(
        "quality_scorecard",
        "Quality Checks",
        shown={
            "layer": "Layer",
            "table_name": "Checked Table",
            "rule": "Rule",
            "meaning": "Rule Meaning",
            "severity": "Severity",
            "status": "Check Status",
        },
        hidden=("checked_rows", "failed_rows"),
    ),
    Definition(
        "model_cards",
        "Models",
        shown={
            "model": "Model",
            "predicts": "Predicts",
            "status": "Model Status",
            "reason": "Reason",
            "champion": "Champion",
            "as_of": "Model As Of",
        },
    ),
)

RELATED = (
    Related(ORDERS, "order_date", DATE, "date"),
    Related(ORDERS, "customer_id", CUSTOMER, "customer_id"),
    Related(SALES, "order_id", ORDERS, "order_id"),
    Related(SALES, "product_id", PRODUCT, "product_id"),
    Related(SALES, "seller_id", SELLER, "seller_id"),
    Related("fct_refunds", "refund_date", DATE, "date"),
    Related("payment_mix", "month", DATE, "date"),
    Related("rfm", "customer_id", CUSTOMER, "customer_id", is_one_to_one=True),
    Related("customer_metrics", "customer_id", CUSTOMER, "customer_id", is_one_to_one=True),
    Related("customer_segments", "customer_id", CUSTOMER, "customer_id", is_one_to_one=True),
    Related("product_performance", "product_id", PRODUCT, "product_id", is_one_to_one=True),
)
