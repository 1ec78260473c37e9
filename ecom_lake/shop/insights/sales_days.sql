-- What did the shop sell on each day of the last 13 complete months?
with
last_month as (
    select max(month) as month
    from complete_months
),

recent as (
    select month
    from complete_months
    order by month desc
    limit 13
)

select
    'month=' || last_month.month as row_key,
    d.date as day,
    d.net_sales as amount
from kpi_daily as d
join recent on recent.month = date_trunc('month', d.date)
cross join last_month
