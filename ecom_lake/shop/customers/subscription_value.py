from __future__ import annotations

from ecom_lake.engine.contracts.columns import Key
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio, same
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class SubscriptionValue(Gold):
    """One row for subscribers, one for other customers, and one for those for whom it is unknown, as of the as-of date."""

    subscriber = Key("Whether the customer subscribes: yes, no or unknown.", one_of=("yes", "no", "unknown"))
    customers = vocabulary.customers.replace(at_least=1)
    share = vocabulary.share_of_customers
    orders = vocabulary.orders.replace(at_least=1)
    net_sales = vocabulary.net_sales
    net_sales_share = vocabulary.net_sales_share
    aov = vocabulary.aov
    net_sales_per_customer = vocabulary.net_sales_per_customer
    repeat_rate = vocabulary.repeat_rate

    rules = (
        ratio("aov_is_sales_per_order", "aov", "net_sales", "orders"),
        ratio("sales_per_customer", "net_sales_per_customer", "net_sales", "customers"),
        Rule("customers_within_orders", "customers <= orders", "Every customer has at least one order."),
    )
    needs = ("customers.is_subscriber",)
    identities = (
        agree(
            "subscribers_and_others_are_all_people",
            "The rows contain all customers of customer_metrics, with their orders and net sales, to the cent.",
            "select coalesce(sum(customers), 0), coalesce(sum(orders), 0), coalesce(sum(net_sales), 0) from subscription_value",
            "select count(*), coalesce(sum(orders), 0), coalesce(sum(net_sales), 0) from customer_metrics",
        ),
        Identity(
            "shares_are_of_all_subscription_value",
            "select subscriber from (select *,"
            " sum(customers) over () as people, sum(net_sales) over () as sales from subscription_value) as whole"
            f" where not ({same('share * people', 'customers')})"
            f" or (net_sales_share is null) <> (sales = 0) or not ({same('net_sales_share * sales', 'net_sales')})",
            "Shares are of all customers and of all net sales.",
        ),
    )
