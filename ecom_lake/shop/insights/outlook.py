"""What is expected, and what could be tried.

Gains: none. A forecast is not an opportunity, and what a campaign or an experiment would bring nobody has measured.
"""

from __future__ import annotations

from ecom_lake.shop.insights.rule import InsightRule

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
            history as (select count(*) as months from kpi_monthly where is_complete)
            select
                'series=' || series || ', grain=' || grain || ', period=' || period || ', method=' || method as row_key,
                forecast as value, last.net_sales as baseline, low_80 as low, high_80 as high, last.net_sales as against,
                history.months as n, abs(forecast - last.net_sales) as money, period, last.month
            from sales_forecast
            cross join last
            cross join history
            where series = 'total' and grain = 'month' and is_champion and step = 1
        """,
        headline="{period} net sales are expected to be {value}, {compared:above|below} the {baseline} of {month}.",
        reason="In four of five cases such months are between {low} and {high}.",
        silent="Next month's net sales are not expected to differ clearly from the last complete month's.",
        action="Plan stock and staff for the interval, not for its middle.",
        owner="management",
        caveat="How often such intervals were right in this shop is in model_rivals.",
        gain_basis="None: a forecast is not an opportunity.",
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
            with cards as (
                select
                    *, split_part(champion, ': ', 1) as form, split_part(champion, ': ', 2) as method,
                    split_part(baseline, ': ', 2) as naive
                from model_cards
                where model = 'churn' and status = 'published'
            ),
            top as (
                select s.form, sum(m.net_sales)::decimal(18, 2) as money
                from churn_scores as s
                join customer_metrics as m on m.customer_id = s.customer_id
                where s.decile = 1
                group by s.form
            )
            select
                'model=' || c.model as row_key, c.value, c.baseline_value as baseline, c.low, c.high, c.baseline_value as against,
                c.n, top.money, c.method, c.naive,
                case c.form when 'second order' then 'order a second time' else 'do not order again' end as outcome
            from cards as c
            left join top on top.form = c.form
        """,
        headline="The 10% of customers that the churn model ranks first include {value} times as many who {outcome} as a random "
        "tenth; ranking by {naive} alone finds {baseline} times as many.",
        reason="{method} was tested on later orders that it had not seen; between {low} and {high} times.",
        silent="The churn list is not clearly better than ranking customers by one column alone.",
        unexamined="No churn list is published; model_cards states why.",
        action="Use the list for the next campaign, and keep a control group to measure what the campaign does.",
        owner="marketing",
        caveat="The list ranks customers; it does not show what would keep them.",
        gain_basis="Not estimated: what a campaign to the list would bring only an experiment can measure.",
    ),
    InsightRule(
        id="first-experiment",
        topic="What could be tried",
        kind="assumed",
        table="experiment_plan",
        column="n_per_arm",
        unit="count",
        sql="""
            select
                'segment=' || segment || ', uplift=' || uplift as row_key, n_per_arm as value, 2 * n_per_arm as n, segment,
                uplift as assumed, baseline_rate, treated_rate, coalesce(days_needed, 0) as days_needed,
                case when not testable then 'To measure ' || round(100 * uplift)::int || '% more orders takes '
                    || format('{:,}', 2 * n_per_arm) || ' customers, '
                    || coalesce('who are there after ' || format('{:,}', days_needed) || ' days.', 'who never come.')
                    || coalesce(' The smallest increase that can be measured in time is '
                        || (select round(100 * min(uplift))::int from experiment_plan where testable) || '%.', '')
                end as weak_because
            from experiment_plan
            where abs(uplift - $experiment_uplift) < 0.000001
            order by testable desc, days_needed nulls last, segment
            limit 1
        """,
        headline="A campaign to “{segment}” could be measured in {days_needed} days with {value} customers in each of two "
        "groups, if it lifts the share who order by {assumed:share} (from {baseline_rate:share} to {treated_rate:share}).",
        reason="Assumed, not measured: the effect of {assumed:share}. Measured: that {baseline_rate:share} order within "
        "{setting.churn_days} days without it. Planned with power {setting.power:.0%} at the {setting.test_alpha:.0%} level.",
        silent="With this shop's traffic no campaign could be measured in reasonable time.",
        action="Write the plan down first: what is measured, on whom, and for how long.",
        owner="marketing",
        caveat="The effect is an assumption (setting experiment_uplift).",
        gain_basis="Not estimated: the effect is assumed, and nobody has measured it.",
    ),
)
