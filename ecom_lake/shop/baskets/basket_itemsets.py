from __future__ import annotations

from ecom_lake.engine.contracts.columns import Integer, Key
from ecom_lake.engine.contracts.relations import ratio
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class BasketItemsets(Gold):
    """One row per level and itemset: a set of products, or of categories, that enough baskets contain."""

    level = vocabulary.level.replace(key=True)
    size = Integer("Number of items in the set.", key=True, at_least=1)
    items = Key("The items, sorted and joined by ' + '; a plus next to a space in an item's own name is written ＋.")
    orders = vocabulary.orders.replace(at_least=1)
    support = vocabulary.support
    baskets = vocabulary.baskets

    rules = (
        Rule("orders_within_baskets", "orders <= baskets", "No itemset is in more orders than there are baskets."),
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
