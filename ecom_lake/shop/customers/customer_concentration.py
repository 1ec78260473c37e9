from __future__ import annotations

from ecom_lake.engine.contracts.columns import Number
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import same
from ecom_lake.engine.contracts.table import Gold, Identity
from ecom_lake.shop import vocabulary


class CustomerConcentration(Gold):
    """One row per decile of customers by net sales up to the as-of date; a decile without customers has none."""

    decile = vocabulary.decile.replace(key=True)
    customers = vocabulary.customers.replace(at_least=1)
    net_sales = vocabulary.net_sales
    share = vocabulary.share_of_net_sales
    cumulative_share = vocabulary.cumulative_share
    gini_part = Number(
        "Contribution of the decile to the Gini coefficient: the contributions sum to it.", nullable=True, unit="ratio"
    )

    identities = (
        agree(
            "tenths_sum_to_people",
            "The deciles contain all customers and their net sales, to the cent.",
            "select coalesce(sum(customers), 0), coalesce(sum(net_sales), 0) from customer_concentration",
            "select count(*), coalesce(sum(net_sales), 0) from customer_metrics",
        ),
        Identity(
            "gini_is_that_of_the_summary",
            "select s.value, c.gini from (select value from kpi_summary where metric = 'gini') as s"
            " cross join (select sum(gini_part) as gini from customer_concentration) as c"
            " where (s.value is null) <> (c.gini is null) or abs(s.value - c.gini) > 0.000000001",
            "The deciles' parts sum to the Gini coefficient of kpi_summary.",
        ),
        Identity(
            "shares_are_of_all_sales",
            "select decile from (select *, sum(net_sales) over () as sales, sum(net_sales) over (order by decile) as so_far"
            " from customer_concentration) as walked where (share is null) <> (sales = 0)"
            f" or not ({same('share * sales', 'net_sales')}) or (cumulative_share is null) <> (sales = 0)"
            f" or not ({same('cumulative_share * sales', 'so_far')})",
            "Shares are of all net sales, and cumulative shares of the deciles so far.",
        ),
    )
