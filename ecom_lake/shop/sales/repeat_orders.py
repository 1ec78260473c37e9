from __future__ import annotations

from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Rule
from ecom_lake.shop import vocabulary


class RepeatOrders(Gold):
    """One row per valid order of a customer who had a valid order before it."""

    order_id = vocabulary.order_id.replace(key=True)
    month = vocabulary.month.replace(nullable=True)
    order_number = vocabulary.order_number.replace(nullable=False, at_least=2)
    purchase_number = vocabulary.purchase_number.replace(nullable=False, at_least=1)
    previous_order_date = vocabulary.previous_order_date

    rules = (
        Rule(
            "repeat_purchases_within_orders",
            "purchase_number <= order_number",
            "Orders of one day are one purchase: the purchase number is at most the order number.",
        ),
    )
    identities = (
        agree(
            "every_repeat_order_is_numbered",
            "Each month has as many repeat orders as fct_orders has valid orders after a customer's first.",
            "select month, count(*) from repeat_orders group by month",
            "select month, count(*) from fct_orders where order_number > 1 group by month",
        ),
    )
