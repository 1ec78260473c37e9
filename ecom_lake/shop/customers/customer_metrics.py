from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Date, Flag, Number, Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class CustomerMetrics(Gold):
    """One row per customer with a valid order up to the as-of date."""

    customer_id = vocabulary.customer_id.replace(key=True)
    first_order_date = Date("Day of the first valid order.", nullable=True)
    last_order_date = Date("Day of the latest valid order.", nullable=True)
    orders = vocabulary.orders.replace(at_least=1)
    purchases = vocabulary.purchases
    items = vocabulary.items
    units = vocabulary.units
    net_sales = vocabulary.net_sales
    cogs = vocabulary.cogs
    gross_profit = vocabulary.gross_profit
    aov = vocabulary.aov
    recency_days = vocabulary.recency_days
    lifespan_days = vocabulary.lifespan_days
    avg_gap_days = Number("Mean days between purchases; NULL for customers with one purchase.", nullable=True, unit="days")
    registration_delay_days = vocabulary.registration_delay_days
    registration_anomaly = Flag("Whether the first order is dated before the registration.", nullable=True)
    categories = Count("Distinct known categories bought.")
    promised_orders = vocabulary.promised_orders
    late_orders = vocabulary.late_orders.replace(nullable=True)
    avg_review = vocabulary.avg_review
    m = vocabulary.m
    loyalty_tier = vocabulary.loyalty_tier
    persona = vocabulary.persona
    activity_status = Text(
        "Activity status, by days since the latest purchase: up to the median of the shop's gaps active, up to "
        "the 80th percentile at risk, beyond it lapsed.",
        nullable=True,
        one_of=("active", "at risk", "lapsed"),
    )

    rules = (
        Rule(
            "gaps_make_the_lifespan",
            "abs(avg_gap_days * (purchases - 1) - lifespan_days) < 0.001",
            "The gaps between purchases sum to the lifespan.",
        ),
        ratio("aov_is_sales_per_order", "aov", "net_sales", "orders"),
        Rule(
            "gap_where_bought_again",
            "(avg_gap_days IS NULL) = (purchases = 1 OR lifespan_days IS NULL)",
            "A customer has a mean gap if and only if they have two or more dated purchases.",
        ),
        Rule(
            "lifespan_from_first_to_last_order",
            "lifespan_days IS NOT DISTINCT FROM date_diff('day', first_order_date, last_order_date)"
            " AND (recency_days IS NULL) = (last_order_date IS NULL)",
            "The lifespan is the days from the first order to the latest; recency is known where the latest order has a date.",
        ),
        Rule("profit_is_net_less_cost", "gross_profit = net_sales - cogs", "Gross profit is net sales less cost."),
        Rule(
            "parts_within_orders",
            "purchases <= orders AND promised_orders <= orders AND items <= units AND categories <= items",
            "Purchases and promised orders are among the orders, and categories among the lines.",
        ),
        Rule(
            "late_orders_are_among_the_promised",
            "(late_orders IS NULL) = (promised_orders = 0) AND coalesce(late_orders <= promised_orders, true)",
            "Late orders are among those with both dates, and NULL where there are none.",
        ),
        Rule(
            "registered_after_ordering",
            "registration_anomaly IS NOT DISTINCT FROM (registration_delay_days < 0)",
            "The registration is an anomaly if and only if the delay is negative.",
        ),
    )
    identities = (
        Identity(
            "recency_is_since_the_last_order",
            "select customer_id, last_order_date, recency_days, as_of from customer_metrics"
            " cross join reporting_period"
            " where date_diff('day', last_order_date, as_of) <> recency_days",
            "Recency is the days from the latest order to the as-of date.",
        ),
        agree(
            "people_sum_to_orders",
            "Customers' orders, purchases, units and net sales and those of anonymous orders sum to those of all valid orders"
            " up to the as-of date, to the cent.",
            "select c.orders + a.orders, c.purchases, c.units + a.units, c.net_sales + a.net_sales from (select"
            " coalesce(sum(orders), 0) as orders, coalesce(sum(purchases), 0) as purchases, coalesce(sum(units), 0) as units,"
            " coalesce(sum(net_sales), 0) as net_sales from customer_metrics) as c cross join (select count(*) as orders,"
            " coalesce(sum(units), 0) as units, coalesce(sum(net_sales), 0) as net_sales from fct_orders where is_valid"
            " and is_anonymous and coalesce(order_date <= (select as_of from reporting_period), true)) as a",
            "select count(*), count(*) filter (where opens_purchase), coalesce(sum(units), 0), coalesce(sum(net_sales), 0)"
            " from fct_orders where is_valid"
            " and coalesce(order_date <= (select as_of from reporting_period), true)",
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
            "Activity status, loyalty tier and persona follow the shop's gaps and settings.",
        ),
    )
