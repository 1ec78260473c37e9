from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Key, Number, Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Rule

_FIRST = "order_number = 1 and order_date <= (select max(date) from dim_date where is_as_of)"


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
        Rule(
            "yearly_value_where_known",
            "(net_sales_per_customer_365d IS NULL) = (customers_365d = 0)",
            "What they brought in a year is known after a year.",
        ),
    )
    needs = ("orders.ordered_at",)

    identities = (
        agree(
            "first_orders_hold_them",
            "There are as many persons as first orders up to the as-of date hold categories; most have one line, and so one.",
            "select coalesce(sum(customers), 0) from first_product_value",
            f"select (select count(*) from fct_orders where items = 1 and {_FIRST})"
            " + (select count(*) from (select distinct order_id, category from fct_sales where is_valid"
            f" and order_id in (select order_id from fct_orders where items > 1 and {_FIRST})) as held)",
        ),
    )
