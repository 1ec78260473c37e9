from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Rule
from ecom_lake.shop import vocabulary


class SalesCube(Gold):
    """One row per month, customer segment, category and state with a valid order line."""

    month = vocabulary.month.replace(key=True)
    segment = vocabulary.segment.replace(key=True)
    category = vocabulary.category.replace(key=True)
    state = vocabulary.state.replace(key=True)
    gross_sales = vocabulary.gross_sales.replace(at_least=0)
    discounts = vocabulary.discounts.replace(nullable=True)
    net_sales = vocabulary.net_sales
    freight = vocabulary.freight.replace(at_least=0)
    units = vocabulary.units
    items = vocabulary.items.replace(at_least=1)
    cogs = vocabulary.cogs
    costed_sales = vocabulary.costed_sales
    orders_in_cell = Count(
        "Valid orders with a line in this cell. An order of two categories is in two cells, so they do not add up.", at_least=1
    )
    customers_in_cell = Count(
        "Customers with a valid order line in this cell; 0 for anonymous orders. They do not add up over months, categories or"
        " states."
    )

    needs = ("orders.ordered_at",)
    additive = ("gross_sales", "discounts", "net_sales", "freight", "units", "items", "cogs", "costed_sales")
    rules = (
        Rule(
            "net_is_gross_less_discounts",
            "net_sales = gross_sales - coalesce(discounts, 0)",
            "Net sales are gross sales less discounts.",
        ),
        Rule(
            "customers_are_of_orders",
            "customers_in_cell <= orders_in_cell AND orders_in_cell <= items",
            "A cell has no more customers than orders, and no more orders than lines.",
        ),
        Rule("costed_within_net", "costed_sales <= net_sales", "Sales with a known cost are a part of net sales."),
    )
    identities = (
        agree(
            "cells_sum_to_months",
            "The cells of a month sum to the month's lines, units and amounts, to the cent.",
            "select month, sum(items), sum(units), sum(gross_sales), sum(discounts), sum(net_sales), sum(freight)"
            " from sales_cube group by month",
            "select month, items, units, gross_sales, discounts, net_sales, freight from kpi_monthly where items > 0",
        ),
        agree(
            "costs_sum_to_months",
            "The cells of a month sum to its cost of goods sold and to its sales with a known cost, to the cent.",
            "select month, sum(cogs), sum(costed_sales) from sales_cube group by month",
            "select month, sum(cogs), sum(costed_sales) from fct_orders where is_valid and items > 0 group by month",
        ),
    )
