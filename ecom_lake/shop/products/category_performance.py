from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Key, Money, Number, Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio, same
from ecom_lake.engine.contracts.table import Gold, Identity, Rule


class CategoryPerformance(Gold, group="products"):
    """One row per category, sold or not: what it brought over the whole history."""

    category = Key("The category; `unknown` where the shop names none.")
    products = Count("Products that it holds.", at_least=1)
    orders = Count("Valid orders that hold it; an order of several categories counts in each.")
    units = Count("Units sold.")
    customers = Count("Persons who bought from it.")
    net_sales = Money("Its net sales.")
    share = Share("Its share of all net sales; NULL where nothing was sold.", nullable=True)
    aov = Number("Its net sales per order that holds it.", nullable=True, at_least=0)
    return_rate = Share("Orders in which some of it was sent back, of those delivered or sent back.", nullable=True)
    avg_review = Number(
        "Mean score of the latest reviews of the orders that hold it, once per order.", nullable=True, at_least=1, at_most=5
    )
    cross_sell_index = Number(
        "Lift of being bought with another category: share of its orders that hold another known category / share of all "
        "baskets that hold several; 1 is the shop's average. NULL where no basket holds several, and for `unknown`.",
        nullable=True,
        at_least=0,
    )

    rules = (
        Rule("orders_within_units", "orders <= units", "Every order that holds it has a unit of it."),
        Rule("customers_within_orders", "customers <= orders", "Everybody who bought from it has an order."),
        Rule("no_lift_of_the_unknown", "category <> 'unknown' OR cross_sell_index IS NULL", "An unknown category is no item."),
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
            "No category has more orders or people than the shop.",
        ),
        agree(
            "orders_hold_categories",
            "As many categories are counted as valid orders hold; most have one line, and so one.",
            "select coalesce(sum(orders), 0) from category_performance",
            "select (select count(*) from fct_orders where is_valid and items = 1)"
            " + (select count(*) from (select distinct order_id, category from fct_sales where is_valid"
            " and order_id in (select order_id from fct_orders where is_valid and items > 1)) as held)",
        ),
        Identity(
            "shares_are_of_all_categories",
            "select category from (select *, sum(net_sales) over () as sales from category_performance) as whole"
            f" where (share is null) <> (sales = 0) or not ({same('share * sales', 'net_sales')})",
            "A share is of all net sales.",
        ),
    )
