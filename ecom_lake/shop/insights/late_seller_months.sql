-- How many orders of each seller were delivered late in each month, and how many at the rate of all other sellers?
with
sold as (
    select distinct
        s.seller_id,
        s.order_id,
        o.month,
        o.is_late
    from fct_sales as s
    join fct_orders as o on o.order_id = s.order_id
    where o.is_valid and o.is_late is not null and o.month is not null and s.is_valid and s.seller_id is not null
),

monthly as (
    select
        seller_id,
        month,
        count(*) as trials,
        count(*) filter (where is_late) as hits
    from sold
    group by seller_id, month
),

others as (
    select
        seller_id,
        month,
        hits,
        trials,
        sum(hits) over (partition by month) - hits as other_hits,
        sum(trials) over (partition by month) - trials as other_trials
    from monthly
)

select
    'seller_id=' || seller_id as row_key,
    month as day,
    hits,
    trials,
    other_trials,
    coalesce(trials * other_hits::double / nullif(other_trials, 0), hits) as expected
from others
