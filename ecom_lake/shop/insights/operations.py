"""Delivery, sellers and reviews.

Gains: of late deliveries, the net sales a month of the orders delivered late beyond the baseline's rate. These sales are not
lost, they are what better deliveries would protect. For late first deliveries: the orders that these customers did not place.
"""

from __future__ import annotations

from ecom_lake.shop.insights.rule import InsightRule

_OWNER = "operations"
_LATE_GAIN = "Orders delivered late beyond the baseline's rate, at the average order value{per}: sales to protect, not lost ones."

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
                'month=' || s.month || ', state=' || s.state as row_key, s.late_rate as value,
                (w.late - s.late_orders)::double / nullif(w.promised - s.promised_orders, 0) as baseline, s.late_orders as hits,
                s.promised_orders as trials, w.late - s.late_orders as rest_hits, w.promised - s.promised_orders as rest_trials,
                s.promised_orders as n, s.late_orders * k.aov as money, s.state, s.month,
                (s.late_orders - s.promised_orders * (w.late - s.late_orders)::double
                    / nullif(w.promised - s.promised_orders, 0)) * k.aov as gain
            from states as s
            cross join whole as w
            join kpi_monthly as k on k.month = s.month
            where s.late_orders * w.promised > w.late * s.promised_orders
        """,
        days="""
            with last as (select max(month) as month from kpi_monthly where is_complete),
            recent as (select month from kpi_monthly where is_complete order by month desc limit 12),
            daily as (
                select o.state, o.order_date, count(*) filter (where o.is_late) as hits, count(o.is_late) as trials
                from fct_orders as o
                join recent on recent.month = o.month
                where o.is_valid and o.status = 'delivered' and o.state is not null
                group by all
            ),
            others as (
                select
                    *, sum(hits) over (partition by order_date) - hits as other_hits,
                    sum(trials) over (partition by order_date) - trials as other_trials
                from daily
            )
            select
                'month=' || last.month || ', state=' || o.state as row_key, o.order_date as day, o.hits, o.trials,
                coalesce(o.trials * o.other_hits::double / nullif(o.other_trials, 0), o.hits) as expected
            from others as o
            cross join last
        """,
        headline="{value} of {month} orders to {state} were delivered late, {compared:above|below} the {baseline} of all other "
        "states together.",
        reason="{hits} of {trials} orders, against {rest_hits} of {rest_trials}.",
        silent="In the last complete month no state has a clearly higher rate of late deliveries than all others together.",
        action="Promise a later day there, or change the carrier.",
        owner=_OWNER,
        caveat="Orders that are not delivered yet are not counted.",
        gain_basis=_LATE_GAIN.format(per=""),
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
            windows as (
                select k.month, k.late_rate, k.aov, m.late, m.promised, sum(m.late) over before as rest_hits,
                    sum(m.promised) over before as rest_trials, min(k.month) over before as first_before,
                    max(k.month) over before as last_before
                from kpi_monthly as k
                join months as m using (month)
                where k.is_complete
                window before as (order by k.month rows between 3 preceding and 1 preceding)
            )
            select
                'month=' || month as row_key, late_rate as value, rest_hits::double / nullif(rest_trials, 0) as baseline,
                late as hits, promised as trials, rest_hits, rest_trials, promised as n, late * aov as money, month,
                first_before, last_before, (late - promised * rest_hits::double / nullif(rest_trials, 0)) * aov as gain
            from windows
            order by month desc
            limit 1
        """,
        days="""
            with last as (select max(month) as month from kpi_monthly where is_complete),
            recent as (select month from kpi_monthly where is_complete order by month desc limit 12)
            select
                'month=' || last.month as row_key, o.order_date as day, count(*) filter (where o.is_late) as hits,
                count(o.is_late) as trials
            from fct_orders as o
            join recent on recent.month = o.month
            cross join last
            where o.is_valid and o.status = 'delivered'
            group by all
        """,
        headline="{value} of {month} orders were delivered late, {compared:up|down} from {baseline} in {before}.",
        reason="{hits} of {trials} orders, against {rest_hits} of {rest_trials}.",
        silent="The change of the late delivery rate on the three months before together is within the usual variation.",
        action="Check the stages of delivery: approval, handling, transit.",
        owner=_OWNER,
        caveat="Orders that are not delivered yet are not counted.",
        gain_basis=_LATE_GAIN.format(per=""),
        least_n=100,
    ),
    InsightRule(
        id="late-seller",
        topic="Delivery",
        kind="descriptive",
        table="seller_scorecard",
        column="late_rate",
        unit="share",
        # Others are compared in the months in which the seller sold: a strike of the carriers is not the seller's.
        sql="""
            with sold as (
                select distinct s.seller_id, s.order_id, o.month, o.is_late
                from fct_sales as s
                join fct_orders as o on o.order_id = s.order_id
                where o.is_valid and o.is_late is not null and s.is_valid and s.seller_id is not null
            ),
            monthly as (
                select seller_id, month, count(*) as trials, count(*) filter (where is_late) as hits
                from sold
                group by seller_id, month
            ),
            others as (
                select
                    *, sum(hits) over (partition by month) - hits as other_hits,
                    sum(trials) over (partition by month) - trials as other_trials
                from monthly
            ),
            sellers as (
                select
                    seller_id, sum(trials) as trials, sum(hits) as hits, sum(other_trials) as rest_trials,
                    sum(trials * other_hits::double / nullif(other_trials, 0)) / sum(trials) as baseline
                from others
                group by seller_id
                having bool_and(other_trials > 0)
            ),
            history as (select count(*) as months from kpi_monthly where is_complete)
            select
                'seller_id=' || c.seller_id as row_key, c.late_rate as value, s.baseline, s.hits, s.trials,
                s.baseline * s.rest_trials as rest_hits, s.rest_trials, s.trials as n, c.net_sales * c.late_rate as money,
                c.seller_id, (s.hits - s.trials * s.baseline) * c.net_sales / nullif(c.orders, 0) / nullif(h.months, 0) as gain
            from seller_scorecard as c
            join sellers as s on s.seller_id = c.seller_id
            cross join history as h
            where s.hits > s.trials * s.baseline and s.trials >= 30
        """,
        days="""
            with sold as (
                select distinct s.seller_id, s.order_id, o.month, o.is_late
                from fct_sales as s
                join fct_orders as o on o.order_id = s.order_id
                where o.is_valid and o.is_late is not null and s.is_valid and s.seller_id is not null and o.month is not null
            ),
            monthly as (
                select seller_id, month, count(*) as trials, count(*) filter (where is_late) as hits
                from sold
                group by seller_id, month
            ),
            others as (
                select
                    *, sum(hits) over (partition by month) - hits as other_hits,
                    sum(trials) over (partition by month) - trials as other_trials
                from monthly
            )
            select
                'seller_id=' || seller_id as row_key, month as day, hits, trials,
                coalesce(trials * other_hits::double / nullif(other_trials, 0), hits) as expected
            from others
        """,
        noise_of="months",
        headline="{value} of {n} orders of seller {seller_id} were delivered late, {compared:above|below} the {baseline} of all "
        "other sellers together in the same months.",
        reason="{hits} orders were late.",
        silent="No seller's orders are delivered late clearly more often than those of all other sellers in the same months.",
        action="Talk to the seller; show later promises for their goods until it is better.",
        owner=_OWNER,
        caveat="Over the whole history. The carrier may be at fault.",
        gain_basis=_LATE_GAIN.format(per=" of the seller, per month of the history"),
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
            windows as (
                select
                    *, sum(hits) over before as rest_hits, sum(reviews) over before as rest_trials,
                    min(month) over before as first_before, max(month) over before as last_before
                from months
                window before as (order by month rows between 3 preceding and 1 preceding)
            )
            select
                'month=' || month as row_key, share_1 as value, rest_hits::double / nullif(rest_trials, 0) as baseline, hits,
                reviews as trials, rest_hits, rest_trials, reviews as n, month, first_before, last_before
            from windows
            order by month desc
            limit 1
        """,
        days="""
            with complete as (select month from kpi_monthly where is_complete),
            recent as (select month from complete order by month desc limit 12),
            last as (
                select max(r.month) as month
                from review_summary as r
                join complete as c on c.month = r.month
            )
            select
                'month=' || last.month as row_key, r.created_at::date as day, count(*) filter (where r.score < 2) as hits,
                count(*) as trials
            from reviews as r
            join recent on recent.month = date_trunc('month', r.created_at)
            cross join last
            group by all
        """,
        headline="{value} of {month} reviews gave one star, {compared:up|down} from {baseline} in {before}.",
        reason="{hits} of {trials} reviews, against {rest_hits} of {rest_trials}.",
        silent="The change of the share of one-star reviews on the three months before together is within the usual variation.",
        action="Read them, product by product.",
        owner="customer care",
        caveat="By the month in which the review was written.",
        gain_basis="Not estimated: nobody has measured what a bad review costs.",
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
            with history as (
                select count(*) as months, sum(net_sales)::double / nullif(sum(orders), 0) as aov
                from kpi_monthly
                where is_complete
            )
            select
                'exposure=' || exposure || ', outcome=' || outcome as row_key, adjusted_rd as value, 0.0 as baseline,
                adjusted_rd as effect, ci_low as low, ci_high as high, (ci_high - ci_low) / 3.92 as error, 0.0 as against,
                n_exposed as n, days as days_watched, rate_exposed, rate_unexposed,
                case exposure when 'late_delivery' then 'whose first order was delivered late' else 'who gave a low score' end
                    as who,
                -adjusted_rd * n_exposed * h.aov / nullif(h.months, 0) as gain
            from delivery_effect
            cross join history as h
        """,
        headline="{rate_exposed:share} of customers {who} ordered again within {days_watched} days, {compared:above|below} the "
        "{rate_unexposed:share} of comparable customers.",
        reason="The difference is {value} percentage points, from {low} to {high}; {n} customers were watched in full.",
        silent="No clear association between deliveries or reviews and ordering again was found.",
        action="Keep to promised days that can be kept; make up for late first orders.",
        owner=_OWNER,
        caveat="An association, adjusted for what is known; what is not known may explain it.",
        gain_basis="Orders that such customers did not place, at the average order value, per month of the history.",
    ),
)
