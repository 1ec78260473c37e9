from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Money, Number
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import same
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class OrderStatusSales(Gold):
    """One row per order status, with all of its orders, valid or not."""

    status = vocabulary.status.replace(key=True)
    orders = vocabulary.orders.replace(at_least=1)
    valid_orders = Count("Orders that count as sales.")
    net_sales = vocabulary.net_sales.replace(at_least=0)
    valid_net_sales = Money("Net sales of the valid orders: revenue.", at_least=0)
    share = vocabulary.share_of_net_sales
    median_age_days = Number(
        "Median days from order to the as-of date, of the orders up to that date.", nullable=True, at_least=0, unit="days"
    )

    rules = (
        Rule(
            "valid_within_all",
            "valid_orders <= orders AND valid_net_sales <= net_sales",
            "Valid orders and their net sales are among all.",
        ),
        Rule(
            "canceled_is_no_sale",
            "status NOT IN ('canceled', 'unavailable') OR valid_orders = 0",
            "Orders that are canceled or unavailable are not sales.",
        ),
    )
    identities = (
        agree(
            "statuses_sum_to_orders",
            "The statuses contain all orders with their net sales, to the cent.",
            "select status, orders, valid_orders, net_sales, valid_net_sales from order_status_sales",
            "select status, count(*), count(*) filter (where is_valid), sum(net_sales),"
            " coalesce(sum(net_sales) filter (where is_valid), 0) from fct_orders group by status",
        ),
        Identity(
            "shares_are_of_all_statuses",
            "select status from (select *, sum(net_sales) over () as sales from order_status_sales) as whole"
            f" where (share is null) <> (sales = 0) or not ({same('share * sales', 'net_sales')})",
            "Shares are of the net sales of all statuses.",
        ),
    )
