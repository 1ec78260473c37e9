from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Key, Money, Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio, same
from ecom_lake.engine.contracts.table import Gold, Identity, Rule


class ReturnsLeakage(Gold, group="operations"):
    """One row per dimension and member with a valid order: what of it came back, and what that took away."""

    dimension = Key("What the member is.", one_of=("product", "category", "state"))
    member = Key("The product (by product_id), category or state; `unknown` where the shop does not say.")
    orders = Count("Valid orders that hold it.", at_least=1)
    delivered_orders = Count("… in which it was delivered, and none of it sent back.")
    returned_orders = Count("… in which some of it was sent back.")
    return_rate = Share("returned_orders / (delivered_orders + returned_orders).", nullable=True)
    returned_sales = Money("Net sales of what was sent back: the leakage.", at_least=0)
    share = Share("Its share of all returned sales; NULL where nothing came back.", nullable=True)
    unknown_status_orders = Count("Its orders whose status is unknown: apart from both, never dropped.")

    needs = ("order_items.is_returned",)
    rules = (
        Rule("outcomes_within_orders", "delivered_orders + returned_orders <= orders", "No order has two outcomes."),
        ratio("rate_of_those_with_an_outcome", "return_rate", "returned_orders", "(delivered_orders + returned_orders)"),
        Rule("nothing_leaks_without_returns", "returned_orders > 0 OR returned_sales = 0", "What leaks was sent back."),
        Rule("unknown_within_orders", "unknown_status_orders <= orders", "Orders of unknown status are among all."),
    )
    identities = (
        Identity(
            "leakage_sums_to_returned_sales",
            "select d.dimension, d.returned_sales, w.returned_sales as of_orders"
            " from (select dimension, sum(returned_sales) as returned_sales from returns_leakage group by dimension) as d"
            " cross join (select coalesce(sum(returned_sales), 0) as returned_sales from fct_orders where is_valid) as w"
            " where d.returned_sales <> w.returned_sales",
            "Each dimension's returned sales are those of all valid orders, to the cent.",
        ),
        agree(
            "states_have_every_order",
            "States' orders are all valid orders, and those returned and of unknown status among them.",
            "select coalesce(sum(orders), 0), coalesce(sum(returned_orders), 0), coalesce(sum(unknown_status_orders), 0)"
            " from returns_leakage where dimension = 'state'",
            "select count(*), count(*) filter (where is_returned), count(*) filter (where status = 'unknown')"
            " from fct_orders where is_valid",
        ),
        agree(
            "members_have_their_orders",
            "Products and categories have as many orders as their own tables say, and the same rate of returns.",
            "select dimension, member, orders, return_rate from returns_leakage where dimension <> 'state'",
            "select 'product', product_id, orders, return_rate from product_performance where orders > 0"
            " union all select 'category', category, orders, return_rate from category_performance where orders > 0",
        ),
        Identity(
            "shares_are_of_the_dimension",
            "select dimension, member from (select *, sum(returned_sales) over (partition by dimension) as leaked"
            f" from returns_leakage) as whole where (share is null) <> (leaked = 0)"
            f" or not ({same('share * leaked', 'returned_sales')})",
            "A share is of all returned sales.",
        ),
    )
