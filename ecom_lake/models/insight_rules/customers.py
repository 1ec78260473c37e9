"""Who buys, who stays, and who is about to go."""

from __future__ import annotations

from ecom_lake.models.insight_rules.rule import InsightRule

_OWNER = "marketing"

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
        says="{value} of {n} customers have bought on a second day; the others have brought {money}.",
        silent="Too few customers to say how many come back.",
        action="Plan a campaign for the second purchase; experiment_plan says how many people it takes to measure it.",
        owner=_OWNER,
        caveat="Those who came lately have had less time to come back.",
    ),
    InsightRule(
        id="valuable-and-leaving",
        topic="Customers",
        kind="descriptive",
        table="rfm_segments",
        column="customers",
        unit="count",
        sql="""
            select 'segment=' || segment as row_key, customers as value, customers as n, net_sales as money, segment
            from rfm_segments
            where segment in ('At Risk', 'Can''t Lose')
        """,
        says="{value} customers who bought often or much have not been seen for long (segment {segment}); they have brought "
        "{money}.",
        silent="Hardly any customers who bought often or much have stayed away.",
        action="Write to them before anybody else, and hold a part back to see whether it helps.",
        owner=_OWNER,
        caveat="The segment is a written rule on recency, frequency and money; it does not predict.",
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
        says="The tenth of the customers who bought most ({n} people) bring {value} of net sales: {money}.",
        silent="Too few customers to part them into tenths.",
        action="Know these people by name; give them what the others do not get.",
        owner=_OWNER,
        caveat="Of what was bought to date, not of what will be.",
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
                'segment_id=' || segment_id as row_key, net_sales_share as value, customers as n, net_sales as money, segment,
                net_sales_share - share as effect
            from segment_profile
        """,
        says="The segment “{segment}” ({n} people) brings {value} of net sales: {money}.",
        silent="No segment brings clearly more than its share of the people.",
        action="Make offers for this segment apart from the others.",
        owner=_OWNER,
        caveat="Segments say who is alike, not why.",
        least_effect=0.05,
    ),
)
