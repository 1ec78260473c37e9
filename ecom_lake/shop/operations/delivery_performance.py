from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Number
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class DeliveryPerformance(Gold):
    """One row per month and state with a valid order that was delivered."""

    month = vocabulary.month.replace(key=True)
    state = vocabulary.state.replace(key=True)
    delivered_orders = vocabulary.delivered_orders.replace(at_least=1)
    timed_orders = Count("Delivered orders whose delivery date is known.")
    promised_orders = vocabulary.promised_orders
    late_orders = vocabulary.late_orders
    late_rate = vocabulary.late_rate
    avg_lead_days = vocabulary.avg_lead_days
    p90_lead_days = Number("90th percentile of the days from order to delivery.", nullable=True, unit="days")
    avg_approval_days = Number("Mean days from order to approval.", nullable=True, unit="days")
    avg_handling_days = Number(
        "Mean days from approval to the carrier; negative where the carrier took it before the approval.",
        nullable=True,
        unit="days",
    )
    avg_transit_days = Number("Mean days from the carrier to the customer.", nullable=True, unit="days")
    avg_delay_days_when_late = Number(
        "Mean days after the promised date, of late orders.", nullable=True, at_least=1, unit="days"
    )

    needs = ("orders.ordered_at", "orders.delivered_at")
    rules = (
        Rule(
            "late_within_promised",
            "late_orders <= promised_orders AND promised_orders <= timed_orders AND timed_orders <= delivered_orders",
            "Late orders are among the promised ones, and those among the delivered.",
        ),
        ratio("late_rate_of_the_promised", "late_rate", "late_orders", "promised_orders"),
        Rule(
            "delay_where_late",
            "(avg_delay_days_when_late IS NULL) = (late_orders = 0)",
            "The mean delay is known if and only if some orders are late.",
        ),
        Rule(
            "lead_days_where_timed",
            "(avg_lead_days IS NULL) = (timed_orders = 0) AND (p90_lead_days IS NULL) = (timed_orders = 0)",
            "Lead days are known if and only if some delivery date is known.",
        ),
    )
    identities = (
        agree(
            "states_sum_to_delivered_orders",
            "In each month, the states' orders sum to the valid orders that were delivered, late and promised.",
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
            "Weighted by orders, the states' late rates and lead days give the month's.",
        ),
    )
