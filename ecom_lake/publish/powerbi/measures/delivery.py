"""Delivery and reviews: order by order, whatever the number of lines."""

from __future__ import annotations

from ecom_lake.publish.powerbi.measures.measure import VALID_ORDERS, Measure, count_of_orders, from_orders, kpi, of_orders
from ecom_lake.shop.vocabulary import KPIS, delivered_orders, late_orders

_VALID = "Orders[is_valid]"
_SCORED = "FILTER ( Orders, Orders[is_valid] && NOT ISBLANK ( Orders[review_score] ) )"
_REVIEWS = ("fct_orders.review_score",)


def _published(column: str) -> str:
    total = f"select 'all' as label, sum({column}) as value from delivery_performance"
    return f"{total} union all select month::varchar, sum({column}) from delivery_performance group by month"


def _rate(part: str, whole: str) -> str:
    return f"VAR Part = {part}\nVAR Whole = {whole}\nRETURN\n    DIVIDE ( Part + 0, Whole )"


def _scores(condition: str) -> str:
    return f"COUNTROWS ( FILTER ( Orders, Orders[is_valid] && NOT ISBLANK ( Orders[review_score] ) && {condition} ) )"


MEASURES = (
    Measure(
        "Delivered Orders",
        "Delivery",
        delivered_orders,
        count_of_orders(_VALID, 'Orders[Status] = "delivered"'),
        from_orders("count(*) filter (where status = 'delivered')"),
        _published("delivered_orders"),
        ("fct_orders.status", "fct_orders.lead_days"),
    ),
    Measure(
        "Late Orders",
        "Delivery",
        late_orders,
        count_of_orders(_VALID, "Orders[Is Late]"),
        from_orders("count(*) filter (where is_late)"),
        _published("late_orders"),
        ("fct_orders.is_late",),
    ),
    Measure(
        "Late Delivery Rate",
        "Delivery",
        KPIS["late_rate"].column,
        _rate("[Late Orders]", count_of_orders(_VALID, "NOT ISBLANK ( Orders[Is Late] )")),
        from_orders("count(*) filter (where is_late) / nullif(count(is_late), 0)"),
        kpi("late_rate"),
        ("fct_orders.is_late",),
    ),
    Measure(
        "Average Lead Days",
        "Delivery",
        KPIS["avg_lead_days"].column,
        of_orders(f"CALCULATE ( AVERAGE ( Orders[lead_days] ), {VALID_ORDERS} )"),
        from_orders("avg(lead_days)"),
        kpi("avg_lead_days"),
        ("fct_orders.lead_days",),
    ),
    Measure(
        "Average Review",
        "Reviews",
        KPIS["avg_review"].column,
        of_orders(f"AVERAGEX ( {_SCORED}, Orders[review_score] )"),
        from_orders("avg(review_score)"),
        kpi("avg_review"),
        _REVIEWS,
    ),
    Measure(
        "NPS Proxy",
        "Reviews",
        KPIS["nps_proxy"].column,
        of_orders(
            f"100 * DIVIDE ( {_scores('Orders[review_score] >= 5')} - {_scores('Orders[review_score] <= 3')} + 0,"
            f" COUNTROWS ( {_SCORED} ) )"
        ),
        from_orders(
            "100.0 * (count(*) filter (where review_score >= 5) - count(*) filter (where review_score <= 3))"
            " / nullif(count(review_score), 0)"
        ),
        kpi("nps_proxy"),
        _REVIEWS,
    ),
)
