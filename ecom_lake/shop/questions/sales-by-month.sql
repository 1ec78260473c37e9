/*
title = "How do sales develop, month by month?"
group = "How are we doing?"
note = "Growth is against the previous month and the same month a year earlier; it is empty against an incomplete month, which the line leaves out."
shares = ["on_month_before", "on_year_before"]

[chart]
kind = "lines"
label = "month"
value = "net_sales"
mark = "is_incomplete"
*/
select
    strftime(month, '%Y-%m') as month,
    orders,
    customers,
    net_sales,
    aov::decimal(18, 2) as net_sales_per_order,
    net_sales_mom as on_month_before,
    net_sales_yoy as on_year_before,
    not is_complete as is_incomplete
from kpi_monthly
order by kpi_monthly.month
