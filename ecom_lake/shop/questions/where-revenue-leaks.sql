/*
title = "Where does revenue leak, between what was sold and what was kept?"
group = "Payments, delivery, returns"
note = "Of valid orders. At risk is what is on its way for up to 60 days (recent) or longer (stale), unless the shop sets it otherwise."
shares = ["share_of_gross"]

[parameters.year]

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
    where year(month) = $year and step_order <= 12
    group by step, step_order
),

-- What was realized comes last: what the others leave of net sales.
path as (
    select
        step,
        case when step in ('gross_sales', 'discounts', 'net_sales', 'realized') then amount else -amount end as amount,
        case when step = 'realized' then 99 else step_order end as position
    from steps
    where amount <> 0 or step in ('gross_sales', 'net_sales', 'realized')
)

select
    step,
    amount,
    amount::double / nullif(max(amount) filter (where step = 'gross_sales') over (), 0)::double as share_of_gross,
    step in ('gross_sales', 'net_sales', 'realized') as is_sum
from path
order by position
