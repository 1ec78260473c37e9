-- How much did the shop sell in each complete month up to its as-of date?
select
    month,
    net_sales
from kpi_monthly
where is_complete and last_day(month) <= (select as_of from reporting_period)
order by month
