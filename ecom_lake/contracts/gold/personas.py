from __future__ import annotations

from ecom_lake.contracts.columns import Count, Integer, Key, Money, Number, Share, Text
from ecom_lake.contracts.identities import agree
from ecom_lake.contracts.table import Gold


class Personas(Gold, group="customers"):
    """One row per persona that somebody has, as of the as-of date."""

    persona = Key("The persona.", one_of=("Loyal High-Value", "Premium", "High Churn Risk", "Low-Premium", "Standard"))
    position = Integer("Its place among the rules; the first that fits is the persona.", at_least=1)
    rule = Text("The rule, with the shop's own thresholds.")
    customers = Count("People of it.", at_least=1)
    share = Share("Their share of all people.")
    orders = Count("Their valid orders.", at_least=1)
    net_sales = Money("Their net sales.")
    net_sales_share = Share("Their share of all net sales.", nullable=True)
    aov = Number("net_sales / orders.")
    repeat_rate = Share("Share of them with two or more purchases.")

    identities = (
        agree(
            "personas_sum_to_people",
            "Each persona has its people of customer_metrics, their orders, and their net sales to the cent.",
            "select persona, customers, orders, net_sales from personas",
            "select persona, count(*), sum(orders), sum(net_sales) from customer_metrics group by persona",
        ),
    )
