-- How many orders of each day of the last 12 settled months were canceled, and how many were placed?
with
last_month as (
    select max(month) as month
    from complete_months
    where is_settled and canceled_orders is not null
),

recent as (
    select month
    from complete_months
    where is_settled and canceled_orders is not null
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
