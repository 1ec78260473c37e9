-- How long is the longest run of days without an order in each month, including its first and last days?
with
order_dates as (
    select distinct order_date
    from fct_orders
),

days as (
    select
        d.month_start as month,
        d.date,
        max(o.order_date) over (partition by d.month_start order by d.date) as last_order_date
    from dim_date as d
    left join order_dates as o on o.order_date = d.date
)

select
    month,
    max(date_diff('day', coalesce(last_order_date, month - 1), date))::double as value,
    0.0 as standard_error
from days
group by month
