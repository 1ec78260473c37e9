from __future__ import annotations

from ecom_lake.engine.contracts.columns import Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio, same
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class ReturnsLeakage(Gold):
    """One row per dimension (product, category, state) and member with a valid order: returned orders and sales. It has no
    rows where the shop does not know returns."""

    dimension = vocabulary.dimension.replace(one_of=("product", "category", "state"), key=True)
    member = vocabulary.member.replace(key=True)
    orders = vocabulary.orders.replace(at_least=1)
    delivered_orders = vocabulary.delivered_orders.replace(nullable=True)
    returned_orders = vocabulary.returned_orders
    return_rate = vocabulary.return_rate
    returned_sales = vocabulary.returned_sales.replace(at_least=0)
    share = Share("Share of all returned sales; NULL where nothing was returned.", nullable=True)
    unknown_status_orders = vocabulary.unknown_status_orders

    needs = ("order_items.is_returned or orders.status",)
    rules = (
        Rule(
            "outcomes_within_orders",
            "coalesce(delivered_orders, 0) + returned_orders <= orders",
            "Delivered, returned and unknown orders are among all orders, and no order is two of them.",
        ),
        ratio("rate_of_those_with_an_outcome", "return_rate", "returned_orders", "(delivered_orders + returned_orders)"),
        Rule(
            "nothing_leaks_without_returns",
            "returned_orders > 0 OR returned_sales = 0",
            "Only returned orders have returned sales.",
        ),
        Rule("unknown_within_orders", "unknown_status_orders <= orders", "Orders of unknown status are among all orders."),
    )
    identities = (
        Identity(
            "leakage_sums_to_returned_sales",
            "select d.dimension, d.returned_sales, w.returned_sales as of_orders"
            " from (select dimension, sum(returned_sales) as returned_sales from returns_leakage group by dimension) as d"
            " cross join (select coalesce(sum(returned_sales), 0) as returned_sales from fct_orders where is_valid) as w"
            " where d.returned_sales <> w.returned_sales",
            "Each dimension's returned sales sum to those of all valid orders, to the cent.",
        ),
        agree(
            "states_have_every_order",
            "The states' orders sum to all valid orders, likewise those returned and of unknown status.",
            "select coalesce(sum(orders), 0), coalesce(sum(returned_orders), 0), coalesce(sum(unknown_status_orders), 0)"
            " from returns_leakage where dimension = 'state'",
            "select count(*), count(*) filter (where is_returned), count(*) filter (where status = 'unknown')"
            " from fct_orders where is_valid and (select has_returns from data_availability)",
        ),
        agree(
            "members_have_their_orders",
            "Products and categories have the orders and the return rate of their own tables.",
            "select dimension, member, orders, return_rate from returns_leakage where dimension <> 'state'",
            "select 'product', product_id, orders, return_rate from product_performance"
            " where orders > 0 and (select has_returns from data_availability)"
            " union all select 'category', category, orders, return_rate from category_performance"
            " where orders > 0 and (select has_returns from data_availability)",
        ),
        Identity(
            "shares_are_of_the_dimension",
            "select dimension, member from (select *, sum(returned_sales) over (partition by dimension) as leaked"
            f" from returns_leakage) as whole where (share is null) <> (leaked = 0)"
            f" or not ({same('share * leaked', 'returned_sales')})",
            "Shares are of all returned sales.",
        ),
    )
