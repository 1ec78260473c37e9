from __future__ import annotations

from ecom_lake.contracts.columns import Date, Flag, Integer, Key, Money, Month, Price, Text
from ecom_lake.contracts.table import Gold, Identity, Rule


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
    )
    identities = (
        Identity(
            "every_silver_line_is_there",
            "select a.n, b.n as of_silver from (select count(*) as n, coalesce(sum(gross_sales), 0) as g from fct_sales) as a"
            " cross join (select count(*) as n, coalesce(sum(gross_sales), 0) as g from order_items) as b"
            " where a.n <> b.n or a.g <> b.g",
            "There are as many lines as in silver, with the same gross sales: no join lost or multiplied one.",
        ),
        Identity(
            "lines_sum_to_orders",
            "select a.net, b.net as of_orders from"
            " (select coalesce(sum(net_sales), 0) as net, coalesce(sum(freight), 0) as f from fct_sales where is_valid) as a"
            " cross join (select coalesce(sum(net_sales), 0) as net, coalesce(sum(freight), 0) as f"
            " from fct_orders where is_valid) as b"
            " where a.net <> b.net or a.f <> b.f",
            "The valid lines' net sales and freight are the valid orders', to the cent.",
        ),
    )
