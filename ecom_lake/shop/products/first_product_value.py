from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Number, Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Rule
from ecom_lake.shop import vocabulary

_FIRST = "order_number = 1 and order_date <= (select as_of from reporting_period)"


class FirstProductValue(Gold):
    """One row per category of a customer's first order, as of the as-of date: repeat rates and net sales of the customers
    whose first order contains it."""

    category = vocabulary.category.replace(key=True)
    customers = vocabulary.customers.replace(at_least=1)
    customers_90d = Count("Customers whose first order is at least 90 days old.")
    repeat_rate_90d = Share("Share of customers_90d with a second purchase within 90 days of the first.", nullable=True)
    customers_365d = Count("Customers whose first order is at least 365 days old.")
    repeat_rate_365d = Share("Share of customers_365d with a second purchase within 365 days of the first.", nullable=True)
    net_sales_per_customer_365d = Number(
        "Net sales of customers_365d from the first order to 365 days after it, per customer.",
        nullable=True,
        at_least=0,
        unit="money",
    )

    rules = (
        Rule(
            "older_are_fewer",
            "customers_365d <= customers_90d AND customers_90d <= customers",
            "Customers with a longer follow-up are among those with a shorter one.",
        ),
        Rule(
            "rate_where_known",
            "(repeat_rate_90d IS NULL) = (customers_90d = 0)",
            "The 90-day rate is known if and only if some customers have 90 days of follow-up.",
        ),
        Rule(
            "yearly_rate_where_known",
            "(repeat_rate_365d IS NULL) = (customers_365d = 0)",
            "The 365-day rate is known if and only if some customers have 365 days of follow-up.",
        ),
        Rule(
            "yearly_value_where_known",
            "(net_sales_per_customer_365d IS NULL) = (customers_365d = 0)",
            "The 365-day net sales are known if and only if some customers have 365 days of follow-up.",
        ),
    )
    needs = ("orders.ordered_at",)

    identities = (
        agree(
            "first_orders_hold_them",
            "The customers of all categories are the pairs of first order (up to the as-of date) and category.",
            "select coalesce(sum(customers), 0) from first_product_value",
            f"select (select count(*) from fct_orders where items = 1 and {_FIRST})"
            " + (select count(*) from (select distinct order_id, category from fct_sales where is_valid"
            f" and order_id in (select order_id from fct_orders where items > 1 and {_FIRST})) as held)",
        ),
    )
