-- How did net sales of the last complete month change against the month before, or the same month a year before?
with
months as (
    select
        month,
        orders,
        net_sales,
        net_sales_mom,
        net_sales_yoy,
        day(last_day(month)) as days_in_month,
        row_number() over (order by month) as place
    from kpi_monthly
),

pairs as (
    select
        now.month,
        now.orders,
        now.net_sales,
        case when $months_back = 1 then now.net_sales_mom else now.net_sales_yoy end as change,
        now.days_in_month,
        before.month as month_before,
        before.orders as orders_before,
        before.net_sales as sales_before,
        before.days_in_month as days_before,
        now.net_sales::double / now.days_in_month as per_day,
        before.net_sales::double / before.days_in_month as per_day_before
    from months as now
    join months as before on before.place = now.place - $months_back
    where now.month in (select max(month) from complete_months)
)

select
    'month=' || month as row_key,
    net_sales as value,
    sales_before as baseline,
    change as effect,
    orders + orders_before as n,
    net_sales as money,
    sales_before - net_sales as gain,
    month,
    month_before,
    per_day,
    days_in_month,
    per_day_before,
    days_before,
    case
        when (net_sales - sales_before) * (per_day - per_day_before) < 0
            then 'The months differ in length: per day, net sales moved in the opposite direction.'
    end as weak_because
from pairs
where change is not null
