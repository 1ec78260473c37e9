from __future__ import annotations

from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio, same
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class LoyaltyTiers(Gold):
    """One row per loyalty tier with customers, as of the as-of date."""

    loyalty_tier = vocabulary.loyalty_tier.replace(key=True)
    position = vocabulary.position.replace(at_least=1)
    rule = vocabulary.rule
    customers = vocabulary.customers.replace(at_least=1)
    share = vocabulary.share_of_customers
    orders = vocabulary.orders.replace(at_least=1)
    net_sales = vocabulary.net_sales
    net_sales_share = vocabulary.net_sales_share
    aov = vocabulary.aov
    repeat_rate = vocabulary.repeat_rate

    rules = (
        ratio("aov_is_sales_per_order", "aov", "net_sales", "orders"),
        Rule("customers_within_orders", "customers <= orders", "Every customer has at least one order."),
    )
    identities = (
        agree(
            "tiers_sum_to_people",
            "Each tier has its customers of customer_metrics with their orders and net sales, to the cent.",
            "select loyalty_tier, customers, orders, net_sales from loyalty_tiers",
            "select loyalty_tier, count(*), sum(orders), sum(net_sales) from customer_metrics group by loyalty_tier",
        ),
        Identity(
            "shares_are_of_all_loyalty_tiers",
            "select loyalty_tier from (select *,"
            " sum(customers) over () as people, sum(net_sales) over () as sales from loyalty_tiers) as whole"
            f" where not ({same('share * people', 'customers')})"
            f" or (net_sales_share is null) <> (sales = 0) or not ({same('net_sales_share * sales', 'net_sales')})",
            "Shares are of all customers and of all net sales.",
        ),
    )
