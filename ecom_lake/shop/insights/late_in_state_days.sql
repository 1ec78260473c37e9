-- How many orders to each state, placed on each day of the last 12 settled months, were delivered late?
with
last_month as (
    select max(month) as month
    from complete_months
    where is_settled
),

recent as (
    select month
    from complete_months
    where is_settled
    order by month desc
    limit 12
),

daily as (
    select
        o.state,
        o.order_date,
        count(*) filter (where o.is_late) as hits,
        count(o.is_late) as trials
    from fct_orders as o
    join recent on recent.month = o.month
    where o.is_valid and o.status = 'delivered' and o.state is not null
    group by o.state, o.order_date
),

others as (
    select
        state,
        order_date,
        hits,
        trials,
        sum(hits) over (partition by order_date) - hits as other_hits,
        sum(trials) over (partition by order_date) - trials as other_trials
    from daily
)

select
    'month=' || last_month.month || ', state=' || o.state as row_key,
    o.order_date as day,
    o.hits,
    o.trials,
    coalesce(o.trials * o.other_hits::double / nullif(o.other_trials, 0), o.hits) as expected
from others as o
cross join last_month
