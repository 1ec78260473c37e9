"""Rules about customers: who orders again, who has not ordered for long, and who spends most.

Gains: none. These rules describe the shop and are true by construction: segments made by spending differ in spending. What a
campaign to one of them would bring has not been measured.
"""

from __future__ import annotations

from ecom_lake.shop.insights.rule import InsightRule

_OWNER = "marketing"
_NO_GAIN = "Not estimated: this describes the customers; only an experiment can measure what a campaign would bring."

RULES = (
    InsightRule(
        id="second-purchase",
        topic="Customers",
        kind="descriptive",
        table="kpi_summary",
        column="value",
        unit="share",
        sql="second_purchase.sql",
        headline="{n} customers have ordered; {value} ordered again.",
        reason="{hits} customers placed an order on a later day than their first.",
        silent="Too few customers have ordered to measure how many order again: {n}.",
        action="Plan a campaign for the second order, and keep a control group to measure whether it helps.",
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
        sql="valuable_and_leaving.sql",
        headline="{value} frequent or high-spending customers (segment {segment}) have not ordered for {recency} days on average"
        ", and have spent {money:money} so far.",
        reason="Most other customers have ordered more recently.",
        silent="Hardly any frequent or high-spending customers ordered longer ago than most others.",
        action="Contact them first, and keep a control group to measure whether it helps.",
        owner=_OWNER,
        caveat="The segment is a fixed rule on recency, frequency and monetary value; it is not a prediction.",
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
        sql="concentration.sql",
        headline="The top 10% of customers by spending ({n}) account for {value} of {whole}: {money:money}.",
        reason="Customers are ranked by their net sales to date.",
        silent="There are too few customers to compare the top 10% with the rest.",
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
        sql="best_segment.sql",
        headline="The segment “{segment}” accounts for {value} of {whole} with {baseline} of the customers.",
        reason="Its {n} customers have spent {money:money}.",
        silent="No segment accounts for a clearly larger share of the customers' net sales than of the customers.",
        action="Design separate offers for this segment.",
        owner=_OWNER,
        caveat="Segments are built from purchase behavior, so a difference in spending is expected.",
        gain_basis=_NO_GAIN,
        is_context=True,
        least_effect=0.05,
    ),
)
