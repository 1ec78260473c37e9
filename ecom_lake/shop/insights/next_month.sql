-- How much does the shop expect to sell in the next month, and how much did it sell in the last complete one?
with
last_month as (
    select
        net_sales,
        month
    from complete_months
    order by month desc
    limit 1
),

history as (
    select count(*) as months
    from complete_months
)

select
    'series=' || f.series || ', grain=' || f.grain || ', period=' || f.period || ', method=' || f.method as row_key,
    f.forecast as value,
    last_month.net_sales as baseline,
    f.low_80 as low,
    f.high_80 as high,
    last_month.net_sales as against,
    history.months as n,
    abs(f.forecast - last_month.net_sales) as money,
    f.period,
    last_month.month
from sales_forecast as f
cross join last_month
cross join history
where f.series = 'total' and f.grain = 'month' and f.is_champion and f.step = 1
