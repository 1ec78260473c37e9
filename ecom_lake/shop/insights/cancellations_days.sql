-- How many orders of each day of the last 12 complete months were canceled, and how many were placed?
with
last_month as (
    select max(month) as month
    from kpi_monthly
    where is_complete
),

recent as (
    select month
    from kpi_monthly
    where is_complete
    order by month desc
    limit 12
)

select
    'month=' || last_month.month as row_key,
    o.order_date as day,
    count(*) filter (where o.status in ('canceled', 'unavailable')) as hits,
    count(*) as trials
from fct_orders as o
join recent on recent.month = o.month
cross join last_month
group by last_month.month, o.order_date
