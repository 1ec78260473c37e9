-- How much of each category did the shop sell in each month between two months?
select
    member,
    period,
    net_sales::double as net_sales
from kpi_breakdown
where period_type = 'month' and dimension = 'category' and period between $first_month and $last_month
order by member, period
