from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Key, Month, Number, Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio
from ecom_lake.engine.contracts.table import Gold, Identity, Rule


class DeliveryPerformance(Gold, group="operations"):
    """One row per month and state with a valid order that was delivered."""

    month = Month("The month in which the orders were placed.", key=True)
    state = Key("State that they went to; `unknown` where the shop does not say.")
    delivered_orders = Count("Valid orders delivered.", at_least=1)
    timed_orders = Count("… whose day of delivery is known.")
    promised_orders = Count("… whose day of delivery and promised day are both known.")
    late_orders = Count("… and which came after the promised day.")
    late_rate = Share("late_orders / promised_orders.", nullable=True)
    avg_lead_days = Number("Mean days from placing to delivery.", nullable=True)
    p90_lead_days = Number("Nine tenths of the orders took at most this many days.", nullable=True)
    avg_approval_days = Number("Mean days from placing to approval.", nullable=True)
    avg_handling_days = Number("Mean days from approval to the carrier; negative where the carrier came first.", nullable=True)
    avg_transit_days = Number("Mean days from the carrier to the customer.", nullable=True)
    avg_delay_days_when_late = Number("Mean days after the promised day, of the late orders.", nullable=True, at_least=1)

    needs = ("orders.ordered_at", "orders.delivered_at")
    rules = (
        Rule(
            "late_within_promised",
            "late_orders <= promised_orders AND promised_orders <= timed_orders AND timed_orders <= delivered_orders",
            "Late orders were promised, and those delivered.",
        ),
        ratio("late_rate_of_the_promised", "late_rate", "late_orders", "promised_orders"),
        Rule(
            "delay_where_late",
            "(avg_delay_days_when_late IS NULL) = (late_orders = 0)",
            "There is a delay just where some are late.",
        ),
        Rule(
            "lead_days_where_timed",
            "(avg_lead_days IS NULL) = (timed_orders = 0) AND (p90_lead_days IS NULL) = (timed_orders = 0)",
            "Lead days are known where a day of delivery is.",
        ),
    )
    identities = (
        agree(
            "states_sum_to_delivered_orders",
            "Month by month the states' orders are the valid ones delivered, late and promised.",
            "select month, sum(delivered_orders), sum(timed_orders), sum(promised_orders), sum(late_orders)"
            " from delivery_performance group by month",
            "select month, count(*), count(lead_days), count(is_late), count(*) filter (where is_late) from fct_orders"
            " where is_valid and month is not null and status = 'delivered' group by month",
        ),
        Identity(
            "late_rates_are_the_months",
            "select m.month, m.late_rate, m.avg_lead_days, d.late_rate as of_states, d.lead_days from kpi_monthly as m join"
            " (select month, sum(late_orders)::double / nullif(sum(promised_orders), 0) as late_rate,"
            " sum(avg_lead_days * timed_orders) / nullif(sum(timed_orders), 0) as lead_days"
            " from delivery_performance group by month) as d on d.month = m.month"
            " where d.late_rate is distinct from m.late_rate or coalesce(abs(d.lead_days - m.avg_lead_days) > 0.000001, false)",
            "Weighed by their orders, the states' rates and days make the month's late rate and lead days.",
        ),
    )
