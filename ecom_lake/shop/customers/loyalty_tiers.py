from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Integer, Key, Money, Number, Share, Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio, same
from ecom_lake.engine.contracts.table import Gold, Identity, Rule


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

    rules = (
        ratio("aov_is_sales_per_order", "aov", "net_sales", "orders"),
        Rule("customers_within_orders", "customers <= orders", "Everybody has an order."),
    )
    identities = (
        agree(
            "tiers_sum_to_people",
            "Each tier has its people of customer_metrics, their orders, and their net sales to the cent.",
            "select loyalty_tier, customers, orders, net_sales from loyalty_tiers",
            "select loyalty_tier, count(*), sum(orders), sum(net_sales) from customer_metrics group by loyalty_tier",
        ),
        Identity(
            "shares_are_of_all_loyalty_tiers",
            "select loyalty_tier from (select *,"
            " sum(customers) over () as people, sum(net_sales) over () as sales from loyalty_tiers) as whole"
            f" where not ({same('share * people', 'customers')})"
            f" or (net_sales_share is null) <> (sales = 0) or not ({same('net_sales_share * sales', 'net_sales')})",
            "Shares are of all people and of all net sales.",
        ),
    )
