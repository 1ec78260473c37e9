-- How much did the shop sell on each day of its complete months up to its as-of date?
select
    d.date,
    coalesce(k.net_sales, 0)::double as net_sales
from dim_date as d
left join kpi_daily as k on k.date = d.date
where d.is_complete_month and d.date <= (select max(date) from dim_date where is_as_of)
order by d.date
