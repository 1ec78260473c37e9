from __future__ import annotations

from ecom_lake.engine.contracts.columns import Flag, Integer, Money, Number, Share, Text
from ecom_lake.engine.contracts.table import Gold, Identity


class SegmentProfile(Gold, group="models"):
    """One row per segment: how many people it holds, what they bring, and what the middle one of them is like."""

    segment_id = Integer("Number of the segment, as in segment_centres.", key=True, at_least=1)
    segment = Text("Name of the segment.")
    is_one_time = Flag("Whether its people made one purchase only; NULL where segments do not ask.", nullable=True)
    customers = Integer("People in the segment.", at_least=1)
    share = Share("Share of all people.")
    net_sales = Money("What they have bought to date.")
    net_sales_share = Share("Share of everybody's net_sales; NULL where there are none.", nullable=True)
    median_recency_days = Number("Median days since the last purchase.", nullable=True)
    median_purchases = Number("Median number of purchases.")
    median_units = Number("Median number of units.")
    median_net_sales = Number("Median net_sales.")
    median_aov = Number("Median of the people's net_sales per order.", nullable=True)
    median_gap_days = Number("Median of the people's mean days between purchases; NULL for one-time buyers.", nullable=True)
    rule = Text("Why the segment is called so, with the numbers that decided.")
    model_version = Text("Version of the segments, as in segment_centres.")

    identities = (
        Identity(
            "segments_make_the_whole",
            """
            select 1 as differs
            where (select coalesce(sum(customers), 0) from segment_profile) <> (select count(*) from customer_metrics)
                or (select coalesce(sum(net_sales), 0) from segment_profile)
                    <> (select coalesce(sum(net_sales), 0) from customer_metrics)
            """,
            "The segments' people and net_sales add up to those of customer_metrics, to the cent.",
        ),
        Identity(
            "shares_are_of_all_segments",
            "select segment_id from (select *,"
            " sum(customers) over () as people, sum(net_sales) over () as sales from segment_profile) as whole"
            " where abs(share * people - customers) > 0.000001 * people or (net_sales_share is null) <> (sales = 0)"
            " or abs(net_sales_share * sales - net_sales) > 0.000001 * sales",
            "Shares are of the people and the net sales of all segments.",
        ),
    )
