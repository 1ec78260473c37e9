-- How many orders were placed in each month?
with
calendar as (
    select distinct month_start as month
    from dim_date
),

counts as (
    select
        m.month,
        count(o.order_id) as orders
    from calendar as m
    left join orders as o on o.month = m.month
    group by m.month
)

select
    month,
    orders::double as value,
    1 / sqrt(orders + 1) as standard_error
from counts
