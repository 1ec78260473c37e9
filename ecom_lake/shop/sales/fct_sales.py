from __future__ import annotations

from ecom_lake.engine.contracts.identities import agree, known
from ecom_lake.engine.contracts.relations import month_of, rounded_to_the_cent
from ecom_lake.engine.contracts.table import Gold, NarrowInput, Rule
from ecom_lake.shop import vocabulary
from ecom_lake.shop.canonical.order_items import OrderItems
from ecom_lake.shop.canonical.orders import CANCELED_IS_NO_SALE
from ecom_lake.shop.sales.fct_orders import ANONYMOUS_WITHOUT_A_CUSTOMER


class FctSales(Gold, monthly=True):
    """One row per order line, valid or not: the wide table for BI and models."""

    order_id = vocabulary.order_id.replace(key=True)
    line = vocabulary.line.replace(key=True)
    order_date = vocabulary.order_date
    month = vocabulary.month.replace(nullable=True)
    customer_id = vocabulary.customer_id.replace(nullable=True)
    is_anonymous = vocabulary.is_anonymous
    product_id = vocabulary.product_id
    seller_id = vocabulary.seller_id
    category = vocabulary.category
    brand = vocabulary.brand
    status = vocabulary.status
    channel = vocabulary.channel
    state = vocabulary.state
    region = vocabulary.region
    is_valid = vocabulary.is_valid
    is_returned = vocabulary.is_returned
    is_discounted = vocabulary.is_discounted
    size = vocabulary.size
    colour = vocabulary.colour
    quantity = vocabulary.quantity
    unit_price = vocabulary.unit_price
    unit_cost = vocabulary.unit_cost
    gross_sales = vocabulary.gross_sales.replace(at_least=0)
    discount = vocabulary.discount
    net_sales = vocabulary.net_sales
    freight = vocabulary.freight.replace(at_least=0)
    tax = vocabulary.tax
    cogs = vocabulary.cogs
    gross_profit = vocabulary.gross_profit

    additive = ("quantity", "gross_sales", "discount", "net_sales", "freight", "cogs")
    narrow_inputs = (
        NarrowInput("data_availability", ("has_returns",)),
        NarrowInput("dim_product", ("product_id", "category", "brand", "unit_cost"), matching="order_items.product_id"),
    )
    rules = (
        Rule("net_is_gross_less_discount", "net_sales = gross_sales - discount", "Net sales are gross sales less discount."),
        *OrderItems.rules,
        CANCELED_IS_NO_SALE,
        ANONYMOUS_WITHOUT_A_CUSTOMER,
        month_of("month_is_of_the_order_date", "month", "order_date"),
        rounded_to_the_cent("cogs_is_cost_times_quantity", "cogs", "unit_cost * quantity"),
        Rule(
            "profit_is_net_less_cost",
            "gross_profit IS NOT DISTINCT FROM net_sales - cogs",
            "Gross profit is net sales less cost, and NULL where the cost is unknown.",
        ),
    )
    identities = (
        agree(
            "every_silver_line_is_there",
            "Each month has the number of lines that silver has, with the same amounts: no join dropped or multiplied any.",
            "select month, count(*), sum(quantity), sum(gross_sales), sum(discount), sum(freight), sum(tax)"
            " from fct_sales group by month",
            "select month, count(*), sum(quantity), sum(gross_sales), sum(discount), sum(freight), sum(tax)"
            " from order_items group by month",
        ),
        agree(
            "lines_sum_to_orders",
            "In each month, valid lines sum to the valid orders' lines and amounts, to the cent.",
            "select month, count(*), sum(quantity), sum(net_sales), sum(freight), sum(cogs), sum(tax)"
            " from fct_sales where is_valid group by month",
            "select month, sum(items), sum(units), sum(net_sales), sum(freight), sum(cogs), sum(tax)"
            " from fct_orders where is_valid and items > 0 group by month",
        ),
        known(
            "their_products_are_known", "The product of every line is in dim_product.", "product_id", "fct_sales", "dim_product"
        ),
        known("their_sellers_are_known", "The seller of every line is in dim_seller.", "seller_id", "fct_sales", "dim_seller"),
    )
