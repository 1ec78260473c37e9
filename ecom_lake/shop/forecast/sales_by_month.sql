-- How much did the shop sell in each complete month up to its as-of date?
select
    month,
    net_sales
from kpi_monthly
where is_complete and last_day(month) <= (select max(date) from dim_date where is_as_of)
order by month
