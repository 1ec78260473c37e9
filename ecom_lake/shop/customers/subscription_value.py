from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Key, Money, Number, Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio, same
from ecom_lake.engine.contracts.table import Gold, Identity, Rule


class SubscriptionValue(Gold, group="customers"):
    """One row for subscribers, for others, and for people of whom it is not known, as of the as-of date."""

    subscriber = Key("Whether they subscribe.", one_of=("yes", "no", "unknown"))
    customers = Count("People of it.", at_least=1)
    share = Share("Their share of all people.")
    orders = Count("Their valid orders.", at_least=1)
    net_sales = Money("Their net sales.")
    net_sales_share = Share("Their share of all net sales.", nullable=True)
    aov = Number("net_sales / orders.")
    net_sales_per_customer = Number("net_sales / customers.")
    repeat_rate = Share("Share of them with two or more purchases.")

    rules = (
        ratio("aov_is_sales_per_order", "aov", "net_sales", "orders"),
        ratio("sales_per_customer", "net_sales_per_customer", "net_sales", "customers"),
        Rule("customers_within_orders", "customers <= orders", "Everybody has an order."),
    )
    needs = ("customers.is_subscriber",)
    identities = (
        agree(
            "subscribers_and_others_are_all_people",
            "Together they are everybody in customer_metrics, with their orders, and their net sales to the cent.",
            "select coalesce(sum(customers), 0), coalesce(sum(orders), 0), coalesce(sum(net_sales), 0) from subscription_value",
            "select count(*), coalesce(sum(orders), 0), coalesce(sum(net_sales), 0) from customer_metrics",
        ),
        Identity(
            "shares_are_of_all_subscription_value",
            "select subscriber from (select *,"
            " sum(customers) over () as people, sum(net_sales) over () as sales from subscription_value) as whole"
            f" where not ({same('share * people', 'customers')})"
            f" or (net_sales_share is null) <> (sales = 0) or not ({same('net_sales_share * sales', 'net_sales')})",
            "Shares are of all people and of all net sales.",
        ),
    )
