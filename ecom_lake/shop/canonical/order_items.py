from __future__ import annotations

from ecom_lake.engine.contracts.columns import MOST_AT_ONCE, Flag
from ecom_lake.engine.contracts.relations import rounded_to_the_cent
from ecom_lake.engine.contracts.table import Rule, Silver
from ecom_lake.shop import vocabulary


class OrderItems(Silver, monthly=True):
    """One row per order and line."""

    order_id = vocabulary.order_id.replace(key=True)
    line = vocabulary.line.replace(key=True)
    month = vocabulary.month
    product_id = vocabulary.product_id
    seller_id = vocabulary.seller_id
    quantity = vocabulary.quantity.replace(at_most=MOST_AT_ONCE)
    unit_price = vocabulary.unit_price.replace(at_most=MOST_AT_ONCE)
    gross_sales = vocabulary.gross_sales.replace(at_least=0, at_most=MOST_AT_ONCE)
    discount = vocabulary.discount.replace(at_most=MOST_AT_ONCE)
    freight = vocabulary.freight.replace(at_least=0, at_most=MOST_AT_ONCE)
    tax = vocabulary.tax.replace(at_least=0, at_most=MOST_AT_ONCE)
    unit_cost = vocabulary.unit_cost.replace(at_most=MOST_AT_ONCE)
    is_valid = Flag("The source's own validity flag of the line; true where it has none.")
    is_returned = vocabulary.is_returned
    is_discounted = vocabulary.is_discounted
    size = vocabulary.size
    colour = vocabulary.colour

    rules = (
        rounded_to_the_cent("gross_is_price_times_quantity", "gross_sales", "unit_price * quantity"),
        Rule("discount_within_gross", "discount <= gross_sales", "A line's discount is at most its gross sales."),
        Rule("discounted_where_discount", "is_discounted OR discount = 0", "A line with a discount is a discounted line."),
    )
