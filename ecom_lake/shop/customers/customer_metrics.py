from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Date, Flag, Integer, Key, Money, Number, Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio
from ecom_lake.engine.contracts.table import Gold, Identity, Rule


class CustomerMetrics(Gold, group="customers"):
    """One row per person with a valid order up to the as-of date."""

    customer_id = Key("The person.")
    first_order_date = Date("Day of their first valid order.", nullable=True)
    last_order_date = Date("Day of their latest valid order.", nullable=True)
    orders = Count("Valid orders.", at_least=1)
    purchases = Count("Days on which they bought: orders of one day are one purchase.", at_least=1)
    items = Count("Lines of their orders.")
    units = Count("Units on them.")
    net_sales = Money("Their net sales to date: historic customer value.")
    cogs = Money("Cost of what they bought, where it is known.", nullable=True)
    gross_profit = Money("net_sales - cogs; NULL where too little cost is known.", nullable=True)
    aov = Number("Net sales per order.")
    recency_days = Integer("Days from their latest order to the as-of date.", nullable=True, at_least=0)
    lifespan_days = Integer("Days from their first order to their latest.", nullable=True, at_least=0)
    avg_gap_days = Number("Mean days between their purchases; NULL for one purchase.", nullable=True)
    registration_delay_days = Integer("Days from registering to the first order.", nullable=True)
    registration_anomaly = Flag("Whether the first order came before they registered.", nullable=True)
    categories = Count("Different known categories bought.")
    late_orders = Count("Orders delivered after the promised day.")
    avg_review = Number("Mean score of their orders' latest reviews.", nullable=True, at_least=1, at_most=5)
    m = Integer("Monetary score from 1 to 5, by rank of net sales.", at_least=1, at_most=5)
    loyalty_tier = Text("By purchases, those before the export included.", one_of=("New", "Returning", "Loyal"))
    persona = Text(
        "The first rule that fits.", one_of=("Loyal High-Value", "Premium", "High Churn Risk", "Low-Premium", "Standard")
    )
    activity_status = Text(
        "By days since the latest purchase, against the median and the 80th percentile of the shop's gaps.",
        nullable=True,
        one_of=("active", "at risk", "lapsed"),
    )

    rules = (
        Rule(
            "gaps_make_the_lifespan",
            "abs(avg_gap_days * (purchases - 1) - lifespan_days) < 0.001",
            "The gaps between purchases make the time from the first to the last.",
        ),
        ratio("aov_is_sales_per_order", "aov", "net_sales", "orders"),
        Rule(
            "gap_where_bought_again",
            "(avg_gap_days IS NULL) = (purchases = 1 OR lifespan_days IS NULL)",
            "Whoever bought more than once has a mean gap.",
        ),
        Rule(
            "lifespan_from_first_to_last_order",
            "lifespan_days IS NOT DISTINCT FROM date_diff('day', first_order_date, last_order_date)"
            " AND (recency_days IS NULL) = (last_order_date IS NULL)",
            "The lifespan is the days from the first order to the latest; recency is known where that is.",
        ),
        Rule("profit_is_net_less_cost", "gross_profit = net_sales - cogs", "Gross profit is net sales less cost."),
        Rule(
            "parts_within_orders",
            "purchases <= orders AND late_orders <= orders AND items <= units AND categories <= items",
            "Purchases and late orders are among the orders, and categories are those of lines.",
        ),
        Rule(
            "registered_after_ordering",
            "registration_anomaly IS NOT DISTINCT FROM (registration_delay_days < 0)",
            "The registration is an anomaly when its delay is negative.",
        ),
    )
    identities = (
        Identity(
            "recency_is_since_the_last_order",
            "select customer_id, last_order_date, recency_days, as_of from customer_metrics"
            " cross join (select max(date) as as_of from dim_date where is_as_of) as today"
            " where date_diff('day', last_order_date, as_of) <> recency_days",
            "Recency is the time from the last order to the as-of date.",
        ),
        agree(
            "people_sum_to_orders",
            "Up to the as-of date people's orders, purchases, units and net sales are those of all valid orders, to the cent.",
            "select coalesce(sum(orders), 0), coalesce(sum(purchases), 0), coalesce(sum(units), 0), coalesce(sum(net_sales), 0)"
            " from customer_metrics",
            "select count(*), count(*) filter (where opens_purchase), coalesce(sum(units), 0), coalesce(sum(net_sales), 0)"
            " from fct_orders where is_valid"
            " and coalesce(order_date <= (select max(date) from dim_date where is_as_of), true)",
        ),
        Identity(
            "labels_follow_the_settings",
            "select m.customer_id from customer_metrics as m cross join settings as s"
            " cross join (select max(value) filter (where metric = 'gap_p50_days') as p50,"
            " max(value) filter (where metric = 'gap_p80_days') as p80 from kpi_summary) as g"
            " left join dim_customer as d on d.customer_id = m.customer_id and d.prior_purchases is not null"
            " where activity_status is distinct from case when recency_days <= p50 then 'active'"
            " when recency_days <= p80 then 'at risk' when recency_days > p80 then 'lapsed' end"
            " or loyalty_tier <> case when purchases + coalesce(d.prior_purchases, 0) >= loyal_purchases then 'Loyal'"
            " when purchases + coalesce(d.prior_purchases, 0) >= returning_purchases then 'Returning' else 'New' end"
            " or persona <> case when purchases >= persona_loyal_purchases and m.m >= persona_loyal_m then 'Loyal High-Value'"
            " when m.m >= persona_premium_m then 'Premium' when activity_status = 'lapsed' then 'High Churn Risk'"
            " when m.m <= persona_low_m then 'Low-Premium' else 'Standard' end",
            "Activity status, loyalty tier and persona are those of the shop's gaps and settings.",
        ),
    )
