from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Money, Number, Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio, same
from ecom_lake.engine.contracts.table import Gold, Rule
from ecom_lake.shop import vocabulary


class DiscountSensitivity(Gold):
    """One row per dimension (all, category, or purchases: how often the customer has bought) and member with a valid order with
    lines. It describes orders with and without a discount, not the effect of a discount: who gets one is not random."""

    dimension = vocabulary.dimension.replace(one_of=("all", "category", "purchases"), key=True)
    member = vocabulary.member.replace(key=True)
    orders = vocabulary.orders.replace(at_least=1)
    orders_with_discount = Count("Orders with a discount on at least one of the member's lines, also where no amount is stated.")
    share_with_discount = Share("orders_with_discount / orders.")
    units = vocabulary.units
    units_with_discount = Count("Units of the orders with a discount.")
    net_sales = vocabulary.net_sales
    net_sales_with_discount = Money("Net sales of the orders with a discount.", at_least=0)
    discounts = vocabulary.discounts.replace(nullable=True)
    discount_rate = Share(
        "Discounts among the gross sales of the orders with a discount; NULL where no amount is stated.", nullable=True
    )
    units_per_order_with_discount = Number("Mean units of an order with a discount.", nullable=True, unit="count")
    units_per_order_without_discount = Number("Mean units of an order without a discount.", nullable=True, unit="count")
    aov_with_discount = Number("Average order value of orders with a discount.", nullable=True, unit="money")
    aov_without_discount = Number("Average order value of orders without a discount.", nullable=True, unit="money")

    needs = ("order_items.discount or order_items.is_discounted",)
    rules = (
        Rule(
            "with_discount_within_all",
            "orders_with_discount <= orders AND units_with_discount <= units AND net_sales_with_discount <= net_sales",
            "Orders with a discount, their units and their sales are among all.",
        ),
        Rule(
            "discounts_are_of_orders_with_one",
            "orders_with_discount > 0"
            " OR (coalesce(discounts, 0) = 0 AND units_with_discount = 0 AND net_sales_with_discount = 0)",
            "Where no order has a discount, there are no discounts.",
        ),
        ratio("share_is_of_the_orders", "share_with_discount", "orders_with_discount", "orders"),
        Rule(
            "rate_is_of_gross_sales",
            "(discount_rate IS NULL) = (coalesce(discounts, 0) = 0)"
            f" AND {same('discount_rate * (net_sales_with_discount + discounts)', 'discounts')}",
            "The discount rate is discounts / gross sales of the orders with one, and NULL where no amount is stated.",
        ),
        ratio("units_with_discount_per_order", "units_per_order_with_discount", "units_with_discount", "orders_with_discount"),
        ratio(
            "units_without_discount_per_order",
            "units_per_order_without_discount",
            "(units - units_with_discount)",
            "(orders - orders_with_discount)",
        ),
        ratio("sales_with_discount_per_order", "aov_with_discount", "net_sales_with_discount", "orders_with_discount"),
        ratio(
            "sales_without_discount_per_order",
            "aov_without_discount",
            "(net_sales - net_sales_with_discount)",
            "(orders - orders_with_discount)",
        ),
    )
    identities = (
        agree(
            "members_have_all_sales",
            "In every dimension, the members' units, net sales and discounts sum to those of all valid orders.",
            "select dimension, sum(units), sum(net_sales), coalesce(sum(discounts), 0) from discount_sensitivity"
            " group by dimension",
            "select d.dimension, o.units, o.net_sales, o.discounts from (select distinct dimension from discount_sensitivity)"
            " as d cross join (select sum(units) as units, sum(net_sales) as net_sales, sum(discounts) as discounts"
            " from fct_orders where is_valid) as o",
        ),
        agree(
            "orders_with_discount_are_those_of_the_shop",
            "All orders, and those of all purchase frequencies, are the valid orders with lines, with and without a discount.",
            "select dimension, sum(orders), sum(orders_with_discount), sum(net_sales_with_discount) from discount_sensitivity"
            " where dimension <> 'category' group by dimension",
            "select d.dimension, o.orders, o.discounted, o.net_sales from (values ('all'), ('purchases')) as d (dimension)"
            " cross join (select count(*) as orders, count(*) filter (where is_discounted) as discounted,"
            " coalesce(sum(net_sales) filter (where is_discounted), 0) as net_sales from fct_orders where is_valid and items > 0)"
            " as o where o.orders > 0",
        ),
        agree(
            "categories_have_their_orders",
            "Each category has the orders and net sales of its own table.",
            "select member, orders, net_sales from discount_sensitivity where dimension = 'category'",
            "select category, orders, net_sales from category_performance where orders > 0",
        ),
    )
