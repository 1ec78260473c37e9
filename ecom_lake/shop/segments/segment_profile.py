from __future__ import annotations

from ecom_lake.engine.contracts.columns import Number
from ecom_lake.engine.contracts.table import Gold, Identity
from ecom_lake.shop import vocabulary


class SegmentProfile(Gold):
    """One row per segment: its customers, net sales and medians."""

    segment_id = vocabulary.segment_id.replace(key=True, at_least=0)
    segment = vocabulary.segment
    is_one_time = vocabulary.is_one_time.replace(nullable=True)
    customers = vocabulary.customers.replace(at_least=1)
    share = vocabulary.share_of_customers
    net_sales = vocabulary.net_sales
    net_sales_share = vocabulary.net_sales_share
    median_recency_days = Number("Median days since the latest purchase.", nullable=True, unit="days")
    median_purchases = Number("Median number of purchases.", unit="count")
    median_units = Number("Median number of units.", unit="count")
    median_net_sales = Number("Median net sales per customer.", unit="money")
    median_aov = Number("Median of the customers' average order values.", nullable=True, unit="money")
    median_gap_days = Number(
        "Median of the customers' mean days between purchases; NULL for one-time buyers.", nullable=True, unit="days"
    )
    rule = vocabulary.rule
    model_version = vocabulary.model_version

    identities = (
        Identity(
            "segments_make_the_whole",
            """
            select 1 as differs
            where (select coalesce(sum(customers), 0) from segment_profile) <> (select count(*) from customer_metrics)
                or (select coalesce(sum(net_sales), 0) from segment_profile)
                    <> (select coalesce(sum(net_sales), 0) from customer_metrics)
            """,
            "The segments' customers and net sales sum to those of customer_metrics, to the cent.",
        ),
        Identity(
            "shares_are_of_all_segments",
            "select segment_id from (select *,"
            " sum(customers) over () as people, sum(net_sales) over () as sales from segment_profile) as whole"
            " where abs(share * people - customers) > 0.000001 * people or (net_sales_share is null) <> (sales = 0)"
            " or abs(net_sales_share * sales - net_sales) > 0.000001 * sales",
            "Shares are of the customers and the net sales of all segments.",
        ),
    )
