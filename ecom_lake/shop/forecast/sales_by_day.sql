-- How much did the shop sell on each day of its complete months up to its as-of date?
select
    d.date,
    coalesce(k.net_sales, 0)::double as net_sales
from dim_date as d
left join kpi_daily as k on k.date = d.date
where d.is_complete_month and d.date <= (select as_of from reporting_period)
order by d.date
