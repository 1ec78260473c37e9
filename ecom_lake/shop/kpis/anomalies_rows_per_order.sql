-- How many rows of a table are there per order in each month?
with
order_counts as (
    select
        month,
        count(*) as n
    from orders
    group by month
),

row_counts as (
    select
        month,
        count(*) as n
    from measured
    group by month
)

select
    o.month,
    coalesce(r.n, 0)::double / o.n as value,
    1 / sqrt(o.n) as standard_error
from order_counts as o
left join row_counts as r on r.month = o.month
