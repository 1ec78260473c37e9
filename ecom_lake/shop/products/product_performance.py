from __future__ import annotations

from ecom_lake.engine.contracts.columns import Date, Integer, Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import same
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class ProductPerformance(Gold):
    """One row per product, sold or not, over the whole history."""

    product_id = vocabulary.product_id.replace(key=True)
    category = vocabulary.category
    units = vocabulary.units
    orders = vocabulary.orders
    net_sales = vocabulary.net_sales
    gross_profit = vocabulary.gross_profit
    rank_in_category = Integer("Rank in the category by net sales; ties are broken by product_id.", at_least=1)
    rank_by_sales = Integer("Rank among all products by net sales; ties are broken by product_id.", at_least=1)
    share = vocabulary.share_of_net_sales
    cumulative_share = vocabulary.cumulative_share
    abc_class = Text(
        "ABC class: A while the products ranked before it bring under 80% of net sales, B while under 95%, else "
        "C; the bounds are settings. NULL where nothing was sold.",
        nullable=True,
        one_of=("A", "B", "C"),
    )
    return_rate = vocabulary.return_rate
    return_rate_units = vocabulary.return_rate_units
    avg_review = vocabulary.avg_review
    first_sold = Date("Day of the first valid order that contains it.", nullable=True)
    last_sold = Date("Day of the latest valid order that contains it.", nullable=True)

    rules = (
        Rule("orders_within_units", "orders <= units", "Every order that contains it has at least one unit of it."),
        Rule("sold_from_first_to_last", "first_sold <= last_sold", "The first sale is not after the last."),
        Rule(
            "rank_within_category",
            "rank_in_category <= rank_by_sales",
            "The rank in the category is at most the rank among all products.",
        ),
        Rule("the_first_is_a", "rank_by_sales > 1 OR abc_class = 'A'", "The product with the highest net sales is of class A."),
        Rule("share_is_its_own", "cumulative_share >= share", "A product's share is at most its cumulative share."),
        Rule(
            "sold_where_ordered",
            "(orders = 0) = (units = 0) AND (first_sold IS NULL) = (last_sold IS NULL)"
            " AND (orders > 0 OR (first_sold IS NULL AND net_sales = 0))",
            "A product without orders has no units, sales or sale dates.",
        ),
        Rule("profit_within_sales", "gross_profit <= net_sales", "Gross profit is at most net sales."),
    )
    identities = (
        agree(
            "products_sum_to_orders",
            "Products' units and net sales sum to those of all valid orders, to the cent, and each product has one row.",
            "select count(*), coalesce(sum(units), 0), coalesce(sum(net_sales), 0) from product_performance",
            "select (select count(*) from dim_product), coalesce(sum(units), 0), coalesce(sum(net_sales), 0)"
            " from fct_orders where is_valid",
        ),
        agree(
            "first_and_last_sale_are_the_shops",
            "The first and the last sale of all products are those of the orders with lines.",
            "select min(first_sold), max(last_sold) from product_performance",
            "select min(order_date), max(order_date) from fct_orders where is_valid and items > 0",
        ),
        Identity(
            "ranks_in_a_category_follow_the_ranks",
            "select product_id, rank_in_category, place from (select product_id, rank_in_category,"
            " row_number() over (partition by category order by rank_by_sales) as place from product_performance) as walked"
            " where rank_in_category <> place",
            "Products of a category are ranked in the order of their overall rank.",
        ),
        agree(
            "abc_by_the_shares_before",
            "By rank, each ABC class starts where the share before the product reaches its bound, and no rank is missing.",
            "select rank_by_sales, abc_class from product_performance",
            "select place, case when total = 0 then null when before < abc_a_share * total then 'A'"
            " when before < abc_b_share * total then 'B' else 'C' end"
            " from (select row_number() over by_sales as place,"
            " (coalesce(sum(net_sales) over (by_sales rows between unbounded preceding and 1 preceding), 0))::decimal(18, 2)"
            " as before, (sum(net_sales) over ())::decimal(18, 2) as total"
            " from product_performance window by_sales as (order by net_sales desc, product_id)) as walked cross join settings",
        ),
        Identity(
            "shares_and_ranks_are_by_sales",
            "select product_id from (select *, sum(net_sales) over () as sales, row_number() over by_sales as place,"
            " sum(net_sales) over (by_sales rows unbounded preceding) as so_far from product_performance"
            " window by_sales as (order by net_sales desc, product_id)) as walked where rank_by_sales <> place"
            f" or (share is null) <> (sales = 0) or not ({same('share * sales', 'net_sales')})"
            f" or (cumulative_share is null) <> (sales = 0) or not ({same('cumulative_share * sales', 'so_far')})",
            "Products are ranked by net sales, shares are of all net sales, and cumulative shares of the products up "
            "to the rank.",
        ),
    )
