-- How many orders placed on each day of the last 12 settled months were delivered late?
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
)

select
    'month=' || last_month.month as row_key,
    o.order_date as day,
    count(*) filter (where o.is_late) as hits,
    count(o.is_late) as trials
from fct_orders as o
join recent on recent.month = o.month
cross join last_month
where o.is_valid and o.status = 'delivered'
group by last_month.month, o.order_date
