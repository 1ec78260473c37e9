"""What is to be expected, and what could be tried."""

from __future__ import annotations

from ecom_lake.models.insight_rules.rule import InsightRule

RULES = (
    InsightRule(
        id="next-month",
        topic="Outlook",
        kind="predictive",
        table="sales_forecast",
        column="forecast",
        unit="money",
        sql="""
            with last as (select net_sales, month from kpi_monthly where is_complete order by month desc limit 1),
            learnt as (select count(*) as months from kpi_monthly where is_complete)
            select
                'series=' || series || ', grain=' || grain || ', period=' || period || ', method=' || method as row_key,
                forecast as value, low_80 as low, high_80 as high, last.net_sales as against, learnt.months as n,
                abs(forecast - last.net_sales) as money, strftime(period, '%B %Y') as month_name,
                case when forecast < last.net_sales then 'less' else 'more' end as compared
            from sales_forecast
            cross join last
            cross join learnt
            where series = 'total' and grain = 'month' and is_champion and step = 1
        """,
        says="{month_name} is expected to bring {value} ({low} to {high} in four of five cases), {compared} than the last "
        "complete month.",
        silent="Next month's net sales cannot be told from the last complete month's.",
        action="Set stock and staff by the interval, not by its middle.",
        owner="management",
        caveat="How often such intervals held here stands in model_rivals.",
        least_n=6,
    ),
    InsightRule(
        id="likely-lost",
        topic="Outlook",
        kind="predictive",
        table="model_cards",
        column="value",
        unit="ratio",
        sql="""
            with tenth as (
                select sum(m.net_sales)::decimal(18, 2) as money
                from churn_scores as s
                join customer_metrics as m on m.customer_id = s.customer_id
                where s.decile = 1
            )
            select 'model=' || model as row_key, value, low, high, baseline_value as against, n, money
            from model_cards
            cross join tenth
            where model = 'churn' and status = 'published'
        """,
        says="The tenth of the customers with the highest scores holds {value} times as many who will be lost or come back as a "
        "tenth drawn by lot.",
        silent="No list of customers likely to be lost is published: it would be no better than going by the last purchase.",
        action="Use the list for the next campaign, and hold a part of it back to see what the campaign does.",
        owner="marketing",
        caveat="Scores rank people; they do not say what would keep them.",
    ),
    InsightRule(
        id="first-experiment",
        topic="What could be tried",
        kind="assumed",
        table="experiment_plan",
        column="days_needed",
        unit="days",
        sql="""
            select
                'segment=' || segment || ', uplift=' || uplift as row_key, days_needed as value, 2 * n_per_arm as n, segment
            from experiment_plan
            where testable
            order by days_needed, segment, uplift
            limit 1
        """,
        says="A campaign to the customers of “{segment}” could be measured in {value} days with {n} people.",
        silent="With this shop's traffic no campaign could be measured within a year.",
        action="Write the plan down first: what is measured, on whom, and how long.",
        owner="marketing",
        caveat="Assumes the uplift that stands in the row; nobody has measured it.",
    ),
)
