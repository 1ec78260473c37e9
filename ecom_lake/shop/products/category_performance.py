from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Number
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio, same
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class CategoryPerformance(Gold):
    """One row per category, sold or not, over the whole history."""

    category = vocabulary.category.replace(key=True)
    products = Count("Products in the category.", at_least=1)
    orders = vocabulary.orders
    units = vocabulary.units
    customers = vocabulary.customers
    net_sales = vocabulary.net_sales
    share = vocabulary.share_of_net_sales
    aov = vocabulary.aov.replace(nullable=True, at_least=0)
    return_rate = vocabulary.return_rate
    avg_review = vocabulary.avg_review
    cross_sell_index = Number(
        "Lift of being bought with another category: share of its orders that contain another known category / "
        "share of all baskets that contain several; 1 is the shop's average. NULL where no basket contains "
        "several, and for `unknown`.",
        nullable=True,
        at_least=0,
        unit="ratio",
    )

    rules = (
        Rule("orders_within_units", "orders <= units", "Every order that contains it has at least one unit of it."),
        Rule("customers_within_orders", "customers <= orders", "Every customer has at least one order."),
        Rule(
            "no_lift_of_the_unknown",
            "category <> 'unknown' OR cross_sell_index IS NULL",
            "An unknown category has no cross-sell index.",
        ),
        ratio("aov_is_sales_per_order", "aov", "net_sales", "orders"),
    )
    identities = (
        agree(
            "categories_sum_to_products",
            "Each category has the products, units and net sales of its products, to the cent.",
            "select category, products, units, net_sales from category_performance",
            "select category, count(*), sum(units), sum(net_sales) from product_performance group by category",
        ),
        Identity(
            "categories_within_orders",
            "select category, orders, customers from category_performance cross join"
            " (select count(*) as all_orders, count(*) filter (where is_first_order) as people from fct_orders"
            " where is_valid) as whole where orders > all_orders or customers > people",
            "No category has more orders or customers than the shop.",
        ),
        agree(
            "orders_hold_categories",
            "The orders of all categories are the pairs of valid order and category.",
            "select coalesce(sum(orders), 0) from category_performance",
            "select (select count(*) from fct_orders where is_valid and items = 1)"
            " + (select count(*) from (select distinct order_id, category from fct_sales where is_valid"
            " and order_id in (select order_id from fct_orders where is_valid and items > 1)) as held)",
        ),
        Identity(
            "shares_are_of_all_categories",
            "select category from (select *, sum(net_sales) over () as sales from category_performance) as whole"
            f" where (share is null) <> (sales = 0) or not ({same('share * sales', 'net_sales')})",
            "Shares are of all net sales.",
        ),
    )
