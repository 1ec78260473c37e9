from __future__ import annotations

from ecom_lake.contracts.columns import Count, Key, Money, Number, Share
from ecom_lake.contracts.identities import agree
from ecom_lake.contracts.table import Gold


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

    needs = ("customers.is_subscriber",)
    identities = (
        agree(
            "subscribers_and_others_are_all_people",
            "Together they are everybody in customer_metrics, with their orders, and their net sales to the cent.",
            "select coalesce(sum(customers), 0), coalesce(sum(orders), 0), coalesce(sum(net_sales), 0) from subscription_value",
            "select count(*), coalesce(sum(orders), 0), coalesce(sum(net_sales), 0) from customer_metrics",
        ),
    )
