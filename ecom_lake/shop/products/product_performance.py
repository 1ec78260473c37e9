from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Date, Integer, Key, Money, Number, Share, Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import same
from ecom_lake.engine.contracts.table import Gold, Identity, Rule


class ProductPerformance(Gold, group="products"):
    """One row per product, sold or not: what it brought over the whole history, and its place among the others."""

    product_id = Key("The product.")
    category = Text("Its category; `unknown` where the shop names none.")
    units = Count("Units sold.")
    orders = Count("Valid orders that hold it.")
    net_sales = Money("Its net sales.")
    gross_profit = Money("net_sales less cost; NULL where too little cost is known.", nullable=True)
    rank_in_category = Integer("Place in its category, by net sales and, where they are equal, by product_id.", at_least=1)
    rank_by_sales = Integer("Place among all products, by net sales and, where they are equal, by product_id.", at_least=1)
    share = Share("Its share of all net sales; NULL where nothing was sold.", nullable=True)
    cumulative_share = Share("Share of all net sales of the products up to it, in the order of rank_by_sales.", nullable=True)
    abc_class = Text(
        "A while the products before it bring under 80% of net sales, B while under 95%, else C; the bounds are settings. "
        "NULL where nothing was sold.",
        nullable=True,
        one_of=("A", "B", "C"),
    )
    return_rate = Share("Orders in which it was sent back, of those in which it was delivered or sent back.", nullable=True)
    return_rate_units = Share("Units sent back, of those delivered or sent back.", nullable=True)
    avg_review = Number(
        "Mean score of the latest reviews of the orders that hold it, once per order.", nullable=True, at_least=1, at_most=5
    )
    first_sold = Date("Day of the first valid order that holds it.", nullable=True)
    last_sold = Date("Day of the latest valid order that holds it.", nullable=True)

    rules = (
        Rule("orders_within_units", "orders <= units", "Every order that holds it has a unit of it."),
        Rule("sold_from_first_to_last", "first_sold <= last_sold", "The first sale is not after the last."),
        Rule("rank_within_category", "rank_in_category <= rank_by_sales", "No place in its category is behind that among all."),
        Rule("the_first_is_a", "rank_by_sales > 1 OR abc_class = 'A'", "The product that brings most is of class A."),
        Rule("share_is_its_own", "cumulative_share >= share", "A product's own share is part of the share up to it."),
        Rule(
            "sold_where_ordered",
            "(orders = 0) = (units = 0) AND (first_sold IS NULL) = (last_sold IS NULL)"
            " AND (orders > 0 OR (first_sold IS NULL AND net_sales = 0))",
            "A product without orders has no units, sales or days of sale.",
        ),
        Rule("profit_within_sales", "gross_profit <= net_sales", "Gross profit is at most net sales."),
    )
    identities = (
        agree(
            "products_sum_to_orders",
            "Products' units and net sales are those of all valid orders, to the cent; and each product is there once.",
            "select count(*), coalesce(sum(units), 0), coalesce(sum(net_sales), 0) from product_performance",
            "select (select count(*) from dim_product), coalesce(sum(units), 0), coalesce(sum(net_sales), 0)"
            " from fct_orders where is_valid",
        ),
        agree(
            "first_and_last_sale_are_the_shops",
            "The first and the last of the products' sales are those of the orders with lines.",
            "select min(first_sold), max(last_sold) from product_performance",
            "select min(order_date), max(order_date) from fct_orders where is_valid and items > 0",
        ),
        Identity(
            "ranks_in_a_category_follow_the_ranks",
            "select product_id, rank_in_category, place from (select product_id, rank_in_category,"
            " row_number() over (partition by category order by rank_by_sales) as place from product_performance) as walked"
            " where rank_in_category <> place",
            "Within a category, products are in the order of all.",
        ),
        agree(
            "abc_by_the_shares_before",
            "Walking the products by rank, each class begins where the share before reaches its bound, and no rank is missing.",
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
            "Products are ranked by net sales, a share is of all net sales, and a cumulative share of those up to the rank.",
        ),
    )
