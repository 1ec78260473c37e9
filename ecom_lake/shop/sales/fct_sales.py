from __future__ import annotations

from ecom_lake.engine.contracts.columns import Date, Flag, Integer, Key, Money, Month, Price, Text
from ecom_lake.engine.contracts.identities import agree, known
from ecom_lake.engine.contracts.relations import month_of, rounded_to_the_cent
from ecom_lake.engine.contracts.table import Gold, Rule
from ecom_lake.shop.canonical.order_items import OrderItems
from ecom_lake.shop.canonical.orders import CANCELED_IS_NO_SALE


class FctSales(Gold, group="star"):
    """One row per order line, valid or not: the wide table that BI and models start from."""

    order_id = Key("The order.")
    line = Integer("Line of the order, counted from 1.", key=True, at_least=1)
    order_date = Date("Day on which the order was placed.", nullable=True)
    month = Month("Month in which the order was placed, as its first day.", nullable=True)
    customer_id = Text("The person who ordered.")
    product_id = Text("The product sold.")
    seller_id = Text("The seller who sold it.", nullable=True)
    category = Text("The product's category; `unknown` where the shop names none.")
    brand = Text("The product's brand.", nullable=True)
    status = Text("Where the order stands.")
    channel = Text("Sales channel.", nullable=True)
    state = Text("State that the order went to.", nullable=True)
    region = Text("Region of the country that the state lies in.", nullable=True)
    is_valid = Flag("Whether order and line count as a sale.")
    is_returned = Flag("Whether the line was sent back; NULL where the shop knows of no returns.", nullable=True)
    quantity = Integer("Units on the line.", at_least=1)
    unit_price = Price("Price of one unit, before discount.", at_least=0)
    unit_cost = Price("Cost of one unit.", nullable=True, at_least=0)
    gross_sales = Money("Unit price times quantity, to the cent.", at_least=0)
    discount = Money("Discount given on the line.", at_least=0)
    net_sales = Money("gross_sales - discount.")
    freight = Money("Freight charged on the line.", at_least=0)
    cogs = Money("Cost of the line, where the source knows cost.", nullable=True)
    gross_profit = Money("net_sales - cogs, where the source knows cost.", nullable=True)

    rules = (
        Rule("net_is_gross_less_discount", "net_sales = gross_sales - discount", "Net sales are gross sales less discount."),
        *OrderItems.rules,
        CANCELED_IS_NO_SALE,
        month_of("month_is_of_the_order_date", "month", "order_date"),
        rounded_to_the_cent("cogs_is_cost_times_quantity", "cogs", "unit_cost * quantity"),
        Rule(
            "profit_is_net_less_cost",
            "gross_profit IS NOT DISTINCT FROM net_sales - cogs",
            "Gross profit is net sales less cost, and NULL where no cost is known.",
        ),
    )
    identities = (
        agree(
            "every_silver_line_is_there",
            "Month by month there are as many lines as in silver, with the same money: no join lost or multiplied one.",
            "select month, count(*), sum(quantity), sum(gross_sales), sum(discount), sum(freight) from fct_sales group by month",
            "select month, count(*), sum(quantity), sum(gross_sales), sum(discount), sum(freight)"
            " from order_items group by month",
        ),
        agree(
            "lines_sum_to_orders",
            "Month by month the valid lines are those of the valid orders, with the same money, to the cent.",
            "select month, count(*), sum(quantity), sum(net_sales), sum(freight), sum(cogs)"
            " from fct_sales where is_valid group by month",
            "select month, sum(items), sum(units), sum(net_sales), sum(freight), sum(cogs)"
            " from fct_orders where is_valid and items > 0 group by month",
        ),
        known("their_products_are_known", "Every line's product is in dim_product.", "product_id", "fct_sales", "dim_product"),
        known("their_sellers_are_known", "Every line's seller is in dim_seller.", "seller_id", "fct_sales", "dim_seller"),
    )
