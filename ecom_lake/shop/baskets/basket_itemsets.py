from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Integer, Key, Share
from ecom_lake.engine.contracts.relations import ratio
from ecom_lake.engine.contracts.table import Gold, Identity, Rule


class BasketItemsets(Gold, group="products"):
    """One row per level and itemset: a set of products, or of categories, that stands together in enough baskets."""

    level = Key("What the items are: product (by product_id) or category.", one_of=("product", "category"))
    size = Integer("Number of items in the set.", key=True, at_least=1)
    items = Key("The items, sorted and joined by ' + '; a plus beside a space in an item's own name is written ＋.")
    orders = Integer("Baskets that hold every item of the set.", at_least=1)
    support = Share("orders / baskets.")
    baskets = Count("Baskets in all: valid orders with at least one line, without those of more items than max_basket_size.")

    rules = (
        Rule("orders_within_baskets", "orders <= baskets", "A set stands in no more baskets than there are."),
        ratio("support_is_of_the_baskets", "support", "orders", "baskets"),
    )
    identities = (
        Identity(
            "baskets_are_valid_orders",
            """
            select distinct level, baskets
            from basket_itemsets
            where baskets > (select count(distinct order_id) from fct_sales where is_valid)
            """,
            "There are no more baskets than valid orders with a line.",
        ),
    )
