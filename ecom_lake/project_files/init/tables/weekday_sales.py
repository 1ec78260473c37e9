"""An example of a table of your own. Edit it, or delete it together with its query and its test."""

from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Integer, Text
from ecom_lake.engine.contracts.table import Gold, Identity
from ecom_lake.shop import vocabulary


class WeekdaySales(Gold):
    """One row per weekday."""

    weekday = Integer("Number of the weekday: 1 is Monday, 7 is Sunday.", key=True, at_least=1, at_most=7)
    weekday_name = Text("Name of the weekday.", personal=False)
    orders = Count("Number of valid orders.")
    net_sales = vocabulary.net_sales

    identities = (
        Identity(
            "weekday_sales_sum_to_orders",
            "select a.n, b.n as of_orders from (select sum(net_sales) as n from weekday_sales) as a"
            " cross join (select sum(net_sales) as n from fct_orders where is_valid and order_date is not null) as b"
            " where a.n <> b.n",
            "The net sales of the weekdays are the net sales of all valid orders.",
        ),
    )
