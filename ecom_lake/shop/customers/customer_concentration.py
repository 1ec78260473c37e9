from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Integer, Money, Number, Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import same
from ecom_lake.engine.contracts.table import Gold, Identity


class CustomerConcentration(Gold, group="customers"):
    """One row per tenth of the people, by net sales up to the as-of date; a tenth without anybody has none."""

    decile = Integer("The tenth: 1 are the people who bought most.", key=True, at_least=1, at_most=10)
    customers = Count("People in it.", at_least=1)
    net_sales = Money("Their net sales.")
    share = Share("Their share of all net sales.", nullable=True)
    cumulative_share = Share("Share of all net sales that this tenth and those before it bring.", nullable=True)
    gini_part = Number("What the tenth adds to the Gini coefficient: the parts sum to it.", nullable=True)

    identities = (
        agree(
            "tenths_sum_to_people",
            "The tenths have everybody, and their net sales to the cent.",
            "select coalesce(sum(customers), 0), coalesce(sum(net_sales), 0) from customer_concentration",
            "select count(*), coalesce(sum(net_sales), 0) from customer_metrics",
        ),
        Identity(
            "gini_is_that_of_the_summary",
            "select s.value, c.gini from (select value from kpi_summary where metric = 'gini') as s"
            " cross join (select sum(gini_part) as gini from customer_concentration) as c"
            " where (s.value is null) <> (c.gini is null) or abs(s.value - c.gini) > 0.000000001",
            "The tenths' parts sum to the Gini coefficient of kpi_summary.",
        ),
        Identity(
            "shares_are_of_all_sales",
            "select decile from (select *, sum(net_sales) over () as sales, sum(net_sales) over (order by decile) as so_far"
            " from customer_concentration) as walked where (share is null) <> (sales = 0)"
            f" or not ({same('share * sales', 'net_sales')}) or (cumulative_share is null) <> (sales = 0)"
            f" or not ({same('cumulative_share * sales', 'so_far')})",
            "Shares are of all net sales, and the cumulative ones of the tenths so far.",
        ),
    )
