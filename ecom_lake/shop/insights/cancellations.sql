-- Which share of the last settled month's orders was canceled, and which share in the three months before?
with
complete as (
    select
        month,
        placed_orders,
        canceled_orders,
        cancel_rate,
        aov,
        sum(canceled_orders) over before as rest_hits,
        sum(placed_orders) over before as rest_trials,
        min(month) over before as first_before,
        max(month) over before as last_before
    from complete_months
    where is_settled and canceled_orders is not null
    window before as (order by month rows between 3 preceding and 1 preceding)
)

select
    'month=' || month as row_key,
    cancel_rate as value,
    rest_hits::double / nullif(rest_trials, 0) as baseline,
    placed_orders as n,
    canceled_orders * aov as money,
    month,
    first_before,
    last_before,
    (canceled_orders - placed_orders * rest_hits::double / nullif(rest_trials, 0)) * aov as gain,
    canceled_orders as hits,
    placed_orders as trials,
    rest_hits,
    rest_trials
from complete
order by month desc
limit 1
