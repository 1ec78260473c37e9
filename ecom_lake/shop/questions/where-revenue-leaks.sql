/*
title = "How much of net sales was realized, returned or is at risk?"
group = "Payments, delivery, returns"
note = "Valid orders. At risk are orders in transit for up to 60 days (recent) or longer (stale); a setting may state another limit."
shares = ["share_of_gross"]

[parameters.year]
or_all = true

[chart]
kind = "waterfall"
label = "step"
value = "amount"
mark = "is_sum"
*/
with
steps as (
    select step, step_order, sum(amount)::decimal(18, 2) as amount
    from revenue_waterfall
    where coalesce(year(month) = $year, true) and step_order <= 12
    group by step, step_order
),

-- Where every order that was not returned has an unknown status, what was realized is unknown too.
kept as (
    select
        sum(amount) filter (where step = 'net_sales') - coalesce(sum(amount) filter (where step = 'returned'), 0) as net_sales,
        sum(amount) filter (where step = 'unknown') as of_unknown_status
    from steps
),

-- Realized sales come last: net sales less all other steps.
path as (
    select
        step,
        case when step in ('gross_sales', 'discounts', 'net_sales', 'realized') then amount else -amount end as amount,
        case when step = 'realized' then 99 else step_order end as position
    from steps
    cross join kept
    where
        amount <> 0
        or step in ('gross_sales', 'net_sales')
        or (step = 'realized' and (kept.of_unknown_status = 0 or kept.of_unknown_status <> kept.net_sales))
)

select
    step,
    amount,
    amount::double / nullif(max(amount) filter (where step = 'gross_sales') over (), 0)::double as share_of_gross,
    step in ('gross_sales', 'net_sales', 'realized') as is_sum
from path
order by position
