from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Key, Money, Number, Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import same
from ecom_lake.engine.contracts.table import Gold, Identity, Rule


class OrderStatusSales(Gold, group="operations"):
    """One row per status that an order has, valid or not."""

    status = Key("Where the orders stand.")
    orders = Count("Orders of this status, valid or not.", at_least=1)
    valid_orders = Count("… which count as sales.")
    net_sales = Money("Net sales on all of them: what was ordered.", at_least=0)
    valid_net_sales = Money("Net sales of the valid ones: what counts as revenue.", at_least=0)
    share = Share("Their share of net_sales of all statuses.", nullable=True)
    median_age_days = Number("Median days from placing to the as-of date, of the orders up to it.", nullable=True, at_least=0)

    rules = (
        Rule("valid_within_all", "valid_orders <= orders AND valid_net_sales <= net_sales", "The valid are among all."),
        Rule(
            "canceled_is_no_sale",
            "status NOT IN ('canceled', 'unavailable') OR valid_orders = 0",
            "What was canceled or unavailable is no sale.",
        ),
    )
    identities = (
        agree(
            "statuses_sum_to_orders",
            "Status by status there are all orders, with their net sales to the cent.",
            "select status, orders, valid_orders, net_sales, valid_net_sales from order_status_sales",
            "select status, count(*), count(*) filter (where is_valid), sum(net_sales),"
            " coalesce(sum(net_sales) filter (where is_valid), 0) from fct_orders group by status",
        ),
        Identity(
            "shares_are_of_all_statuses",
            "select status from (select *, sum(net_sales) over () as sales from order_status_sales) as whole"
            f" where (share is null) <> (sales = 0) or not ({same('share * sales', 'net_sales')})",
            "A share is of the net sales of all statuses.",
        ),
    )
