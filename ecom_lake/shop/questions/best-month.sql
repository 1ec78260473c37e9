/*
title = "Which month of a year had the highest sales?"
group = "When do people buy?"
note = "Incomplete months are pale."
shares = ["share"]

[parameters.year]
or_all = true

[chart]
kind = "bars"
label = "month"
value = "net_sales"
mark = "is_incomplete"
*/
select
    row_number() over (order by net_sales desc, month) as place,
    strftime(month, '%Y-%m') as month,
    net_sales,
    net_sales::double / nullif(sum(net_sales) over (), 0)::double as share,
    orders,
    customers,
    aov::decimal(18, 2) as net_sales_per_order,
    not is_complete as is_incomplete
from kpi_monthly
where coalesce(year(month) = $year, true)
order by place
