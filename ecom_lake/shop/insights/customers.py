"""Who buys, who stays, and who is about to leave: descriptions of the shop, which hold by construction.

Gains: none. Segments that are made by spending differ in spending; what a campaign to one of them would bring nobody has
measured.
"""

from __future__ import annotations

from ecom_lake.shop.insights.rule import InsightRule

_OWNER = "marketing"
_NO_GAIN = "Not estimated: it describes the customers; what a campaign would bring only an experiment can measure."

RULES = (
    InsightRule(
        id="second-purchase",
        topic="Customers",
        kind="descriptive",
        table="kpi_summary",
        column="value",
        unit="share",
        sql="""
            with people as (
                select count(*) as n, count(*) filter (where purchases > 1) as hits,
                    sum(net_sales) filter (where purchases = 1) as money
                from customer_metrics
            )
            select 'metric=' || metric as row_key, value, n, hits, n as trials, money
            from kpi_summary
            cross join people
            where metric = 'repeat_purchase_rate'
        """,
        headline="{n} customers have ordered; {value} ordered again on a later day.",
        reason="That is {hits} customers.",
        silent="Too few customers have ordered to measure how many order again.",
        action="Plan a campaign for the second purchase; experiment_plan lists how many customers it takes to measure it.",
        owner=_OWNER,
        caveat="Recent customers have had less time to order again.",
        gain_basis=_NO_GAIN,
        is_context=True,
    ),
    InsightRule(
        id="valuable-and-leaving",
        topic="Customers",
        kind="descriptive",
        table="rfm_segments",
        column="customers",
        unit="count",
        sql="""
            select
                'segment=' || segment as row_key, customers as value, customers as n, net_sales as money, segment,
                avg_recency_days as recency
            from rfm_segments
            where segment in ('At Risk', 'Can''t Lose')
        """,
        headline="{value} customers of the segment {segment} bought often or spent much but have not ordered recently; they have "
        "spent {money:money}.",
        reason="Their last purchase was {recency} days ago on average.",
        silent="Hardly any customers who bought often or spent much have stopped ordering.",
        action="Contact them first, and keep a control group to measure whether it helps.",
        owner=_OWNER,
        caveat="The segment is a fixed rule on recency, frequency and money; it does not predict.",
        gain_basis=_NO_GAIN,
        is_context=True,
    ),
    InsightRule(
        id="concentration",
        topic="Customers",
        kind="descriptive",
        table="customer_concentration",
        column="share",
        unit="share",
        sql="""
            select 'decile=' || decile as row_key, share as value, customers as n, net_sales as money
            from customer_concentration
            where decile = 1
        """,
        headline="The top decile of customers by spending ({n} people) accounts for {value} of net sales: {money:money}.",
        reason="Customers are ranked by what they have bought to date.",
        silent="There are too few customers for deciles.",
        action="Treat these customers as key accounts.",
        owner=_OWNER,
        caveat="It describes past purchases, not future ones.",
        gain_basis=_NO_GAIN,
        is_context=True,
    ),
    InsightRule(
        id="best-segment",
        topic="Customers",
        kind="descriptive",
        table="segment_profile",
        column="net_sales_share",
        unit="share",
        sql="""
            select
                'segment_id=' || segment_id as row_key, net_sales_share as value, share as baseline, customers as n,
                net_sales as money, segment, net_sales_share - share as effect
            from segment_profile
            where net_sales_share > share
        """,
        headline="The segment “{segment}” accounts for {value} of net sales with {baseline} of the customers.",
        reason="{n} customers have bought for {money:money}.",
        silent="No segment accounts for clearly more of net sales than of the customers.",
        action="Make separate offers for this segment.",
        owner=_OWNER,
        caveat="Segments are made by how customers buy, so it is no surprise that they differ in it.",
        gain_basis=_NO_GAIN,
        is_context=True,
        least_effect=0.05,
    ),
)
