from __future__ import annotations

from ecom_lake.engine.contracts.columns import MOST_AT_ONCE, Flag, Integer, Key, Money, Month, Price, Text
from ecom_lake.engine.contracts.relations import rounded_to_the_cent
from ecom_lake.engine.contracts.table import Rule, Silver


class OrderItems(Silver, monthly=True):
    """One row per order and line."""

    order_id = Key("The order.")
    line = Integer("Line of the order, counted from 1.", key=True, at_least=1)
    month = Month("Month in which the order was placed, as its first day.")
    product_id = Text("The product sold.")
    seller_id = Text("The seller who sold it.", nullable=True)
    quantity = Integer("Units on the line.", at_least=1, at_most=MOST_AT_ONCE)
    unit_price = Price("Price of one unit, before discount.", at_least=0, at_most=MOST_AT_ONCE)
    gross_sales = Money("unit_price times quantity, rounded half away from zero to the cent.", at_least=0, at_most=MOST_AT_ONCE)
    discount = Money("Discount given on the line.", at_least=0, at_most=MOST_AT_ONCE)
    freight = Money("Freight charged on the line.", at_least=0, at_most=MOST_AT_ONCE)
    unit_cost = Price("What one unit cost the shop.", nullable=True, at_least=0, at_most=MOST_AT_ONCE)
    is_valid = Flag("The source's own validity flag of the line; true where it has none.")
    is_returned = Flag("Whether this line was sent back; NULL where the source does not say line by line.", nullable=True)

    rules = (
        rounded_to_the_cent("gross_is_price_times_quantity", "gross_sales", "unit_price * quantity"),
        Rule("discount_within_gross", "discount <= gross_sales", "A line's discount is at most its gross sales."),
    )
