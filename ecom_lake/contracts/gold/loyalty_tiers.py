from __future__ import annotations

from ecom_lake.contracts.columns import Count, Integer, Key, Money, Number, Share, Text
from ecom_lake.contracts.identities import agree
from ecom_lake.contracts.table import Gold


class LoyaltyTiers(Gold, group="customers"):
    """One row per loyalty tier that somebody is in, as of the as-of date."""

    loyalty_tier = Key("The tier.", one_of=("New", "Returning", "Loyal"))
    position = Integer("Its place among the rules.", at_least=1)
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
            "tiers_sum_to_people",
            "Each tier has its people of customer_metrics, their orders, and their net sales to the cent.",
            "select loyalty_tier, customers, orders, net_sales from loyalty_tiers",
            "select loyalty_tier, count(*), sum(orders), sum(net_sales) from customer_metrics group by loyalty_tier",
        ),
    )
