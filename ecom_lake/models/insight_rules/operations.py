"""Delivery, sellers and reviews."""

from __future__ import annotations

from ecom_lake.models.insight_rules.rule import InsightRule

_OWNER = "operations"

RULES = (
    InsightRule(
        id="late-in-state",
        topic="Delivery",
        kind="descriptive",
        table="delivery_performance",
        column="late_rate",
        unit="share",
        sql="""
            with last as (select max(month) as month from kpi_monthly where is_complete),
            states as (
                select d.month, d.state, d.late_orders, d.promised_orders, d.late_rate
                from delivery_performance as d
                where d.month in (from last) and d.promised_orders > 0 and d.state <> 'unknown'
            ),
            whole as (select sum(late_orders) as late, sum(promised_orders) as promised from states)
            select
                'month=' || s.month || ', state=' || s.state as row_key, s.late_rate as value, s.late_orders as hits,
                s.promised_orders as trials, w.late - s.late_orders as rest_hits, w.promised - s.promised_orders as rest_trials,
                s.promised_orders as n, s.late_orders * k.aov as money, s.state, strftime(s.month, '%B %Y') as month_name
            from states as s
            cross join whole as w
            join kpi_monthly as k on k.month = s.month
            where s.late_orders * w.promised > w.late * s.promised_orders
        """,
        says="{value} of {n} orders of {month_name} to {state} came late, more than to the other states.",
        silent="To no state did clearly more orders come late in the last complete month than to the others.",
        action="Promise a later day there, or change the carrier.",
        owner=_OWNER,
        caveat="Orders that are not delivered yet are not counted.",
        most=2,
    ),
    InsightRule(
        id="late-in-month",
        topic="Delivery",
        kind="descriptive",
        table="kpi_monthly",
        column="late_rate",
        unit="share",
        sql="""
            with months as (
                select month, sum(late_orders) as late, sum(promised_orders) as promised
                from delivery_performance
                group by month
            ),
            compared as (
                select k.month, k.late_rate, k.aov, m.late, m.promised,
                    sum(m.late) over before as rest_hits, sum(m.promised) over before as rest_trials
                from kpi_monthly as k
                join months as m using (month)
                where k.is_complete
                window before as (order by k.month rows between 3 preceding and 1 preceding)
            )
            select
                'month=' || month as row_key, late_rate as value, late as hits, promised as trials, rest_hits, rest_trials,
                promised as n, late * aov as money, strftime(month, '%B %Y') as month_name,
                case when late * rest_trials < rest_hits * promised then 'fewer' else 'more' end as compared
            from compared
            order by month desc
            limit 1
        """,
        says="{value} of {n} orders of {month_name} came late, {compared} than in the three months before.",
        silent="No more and no fewer orders came late in the last complete month than in the three before.",
        action="Look at the stages of delivery: approval, handling, transit.",
        owner=_OWNER,
        caveat="Orders that are not delivered yet are not counted.",
        least_n=100,
    ),
    InsightRule(
        id="late-seller",
        topic="Delivery",
        kind="descriptive",
        table="seller_scorecard",
        column="late_rate",
        unit="share",
        sql="""
            with sold as (
                select distinct s.seller_id, s.order_id, o.is_late
                from fct_sales as s
                join fct_orders as o on o.order_id = s.order_id
                where o.is_valid and o.is_late is not null
            ),
            sellers as (
                select seller_id, count(*) as trials, count(*) filter (where is_late) as hits from sold group by seller_id
            ),
            whole as (select sum(hits) as hits, sum(trials) as trials from sellers)
            select
                'seller_id=' || c.seller_id as row_key, c.late_rate as value, s.hits, s.trials, w.hits - s.hits as rest_hits,
                w.trials - s.trials as rest_trials, s.trials as n, c.net_sales * c.late_rate as money, c.seller_id
            from seller_scorecard as c
            join sellers as s on s.seller_id = c.seller_id
            cross join whole as w
            where s.hits * w.trials > w.hits * s.trials and s.trials >= 30
        """,
        says="{value} of {n} orders of seller {seller_id} came late, more than of the other sellers.",
        silent="No seller's orders come late clearly more often than the others'.",
        action="Talk to the seller; show later promises for their goods until it is better.",
        owner=_OWNER,
        caveat="The carrier may be at fault; of the whole history.",
        most=3,
    ),
    InsightRule(
        id="worst-reviews",
        topic="Reviews",
        kind="descriptive",
        table="review_summary",
        column="share_1",
        unit="share",
        sql="""
            with months as (
                select r.month, r.share_1, r.reviews, round(r.share_1 * r.reviews)::bigint as hits
                from review_summary as r
                join kpi_monthly as k on k.month = r.month and k.is_complete
            ),
            compared as (
                select *, sum(hits) over before as rest_hits, sum(reviews) over before as rest_trials
                from months
                window before as (order by month rows between 3 preceding and 1 preceding)
            )
            select
                'month=' || month as row_key, share_1 as value, hits, reviews as trials, rest_hits, rest_trials, reviews as n,
                strftime(month, '%B %Y') as month_name,
                case when hits * rest_trials < rest_hits * reviews then 'fewer' else 'more' end as compared
            from compared
            order by month desc
            limit 1
        """,
        says="{value} of {n} reviews of {month_name} give one star, {compared} than in the three months before.",
        silent="One-star reviews are as many in the last complete month as in the three before.",
        action="Read them, product by product.",
        owner="customer care",
        caveat="By the month in which the review was written.",
        least_n=100,
    ),
    InsightRule(
        id="late-and-coming-back",
        topic="Delivery",
        kind="descriptive",
        table="delivery_effect",
        column="adjusted_rd",
        unit="points",
        sql="""
            select
                'exposure=' || exposure || ', outcome=' || outcome as row_key, adjusted_rd as value, adjusted_rd as effect,
                ci_low as low, ci_high as high, (ci_high - ci_low) / 3.92 as error, 0.0 as against, n_exposed as n, days,
                case exposure when 'late_delivery' then 'whose first order came late' else 'who gave a low score' end as who,
                case when adjusted_rd < 0 then 'less' else 'more' end as compared
            from delivery_effect
        """,
        says="Customers {who} came back {compared} often within {days} days than others like them: {value} points of a hundred "
        "({low} to {high}).",
        silent="Nothing can be said of how delivery goes together with coming back.",
        action="Keep promised days that can be kept; treat late first orders before the second is due.",
        owner=_OWNER,
        caveat="An association, adjusted for what is known; what is not known may explain it.",
    ),
)
