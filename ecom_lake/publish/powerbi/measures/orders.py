"""Orders, and what one of them is on average."""

from __future__ import annotations

from ecom_lake.publish.powerbi.measures.measure import Measure, count_of_orders, from_orders, kpi
from ecom_lake.shop.vocabulary import KPIS

FOLDER = "Orders"
_VALID = "Orders[is_valid]"
_NO_SALE = 'Orders[Status] IN { "canceled", "unavailable" }'
_STATUSES_KNOWN = 'ISEMPTY ( Orders ) || NOT ISEMPTY ( FILTER ( Orders, Orders[Status] <> "unknown" ) )'
_CANCELED = "count(*) filter (where status in ('canceled', 'unavailable'))"
_KNOWN = "count(*) filter (where status <> 'unknown') > 0 or count(*) = 0"

MEASURES = (
    Measure(
        "Order Count",
        FOLDER,
        KPIS["orders"].column,
        count_of_orders(_VALID),
        from_orders("count(*)"),
        kpi("orders"),
        ("fct_orders.is_valid",),
    ),
    Measure(
        "Average Order Value",
        FOLDER,
        KPIS["aov"].column,
        "DIVIDE ( [Net Sales], [Order Count] )",
        from_orders("sum(net_sales) / nullif(count(*), 0)"),
        kpi("aov"),
        ("fct_sales.net_sales", "fct_orders.is_valid"),
    ),
    Measure(
        "Lines per Order",
        FOLDER,
        KPIS["items_per_order"].column,
        "DIVIDE ( [Order Lines], [Order Count] )",
        from_orders("sum(items) / nullif(count(*), 0)"),
        kpi("items_per_order"),
        ("fct_sales.is_valid", "fct_orders.is_valid"),
    ),
    Measure(
        "Placed Orders",
        FOLDER,
        KPIS["placed_orders"].column,
        count_of_orders("NOT ISBLANK ( Orders[order_id] )"),
        from_orders("count(*)", "true"),
        kpi("placed_orders"),
        ("fct_orders.order_id",),
        "Where products or sellers are filtered, those with a valid line of them.",
    ),
    Measure(
        "Canceled Orders",
        FOLDER,
        KPIS["canceled_orders"].column,
        f"IF ( {_STATUSES_KNOWN}, COUNTROWS ( FILTER ( Orders, {_NO_SALE} ) ) + 0 )",
        from_orders(f"case when {_KNOWN} then {_CANCELED} end", "true"),
        kpi("canceled_orders"),
        ("fct_orders.status",),
        "Filters of products and sellers do not apply: the lines of such an order are no sales.",
    ),
    Measure(
        "Cancellation Rate",
        FOLDER,
        KPIS["cancel_rate"].column,
        "DIVIDE ( [Canceled Orders], COUNTROWS ( Orders ) )",
        from_orders(f"case when {_KNOWN} then {_CANCELED} / nullif(count(*), 0) end", "true"),
        kpi("cancel_rate"),
        ("fct_orders.status",),
        "Filters of products and sellers do not apply.",
    ),
    Measure(
        "Discounted Orders",
        FOLDER,
        KPIS["discounted_orders"].column,
        count_of_orders(_VALID, "Orders[is_discounted]"),
        from_orders("count(*) filter (where is_discounted)"),
        kpi("discounted_orders"),
        ("fct_orders.is_discounted",),
    ),
    Measure(
        "Discounted Share",
        FOLDER,
        KPIS["discounted_share"].column,
        "DIVIDE ( [Discounted Orders] + 0, [Order Count] )",
        from_orders("count(*) filter (where is_discounted) / nullif(count(*), 0)"),
        kpi("discounted_share"),
        ("fct_orders.is_discounted",),
    ),
)
