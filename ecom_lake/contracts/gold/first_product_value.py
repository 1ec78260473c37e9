from __future__ import annotations

from ecom_lake.contracts.columns import Count, Key, Number, Share
from ecom_lake.contracts.identities import agree
from ecom_lake.contracts.table import Gold, Rule


class FirstProductValue(Gold, group="products"):
    """One row per category of a person's first order: how many came back, and what they brought, as of the as-of date."""

    category = Key("A category of the first valid order; a person counts in each that it holds.")
    customers = Count("Persons whose first order, up to the as-of date, holds it.", at_least=1)
    customers_90d = Count("… and is at least 90 days old.")
    repeat_rate_90d = Share("Share of customers_90d with a second purchase within 90 days of the first.", nullable=True)
    customers_365d = Count("… and is at least 365 days old.")
    repeat_rate_365d = Share("Share of customers_365d with a second purchase within 365 days of the first.", nullable=True)
    net_sales_per_customer_365d = Number(
        "Net sales of customers_365d from the first order to 365 days after it, per person.", nullable=True, at_least=0
    )

    rules = (
        Rule(
            "older_are_fewer",
            "customers_365d <= customers_90d AND customers_90d <= customers",
            "The older are among the younger.",
        ),
        Rule("rate_where_known", "(repeat_rate_90d IS NULL) = (customers_90d = 0)", "Whoever is old enough has a rate."),
        Rule("yearly_rate_where_known", "(repeat_rate_365d IS NULL) = (customers_365d = 0)", "And after a year too."),
    )
    needs = ("orders.ordered_at",)

    identities = (
        agree(
            "first_orders_hold_them",
            "Each category has the persons whose first order up to the as-of date holds it.",
            "select category, customers from first_product_value",
            "select category, count(distinct s.customer_id) from fct_sales as s join fct_orders as o on o.order_id = s.order_id"
            " where o.order_number = 1 and s.is_valid and o.order_date <= (select max(date) from dim_date where is_as_of)"
            " group by category",
        ),
    )
