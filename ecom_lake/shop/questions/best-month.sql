/*
title = "Which month of a year had the highest sales?"
group = "When do people buy?"
note = "Incomplete months are pale."
shares = ["share_of_year"]

[parameters.year]

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
    net_sales::double / nullif(sum(net_sales) over (), 0)::double as share_of_year,
    orders,
    customers,
    aov::decimal(18, 2) as net_sales_per_order,
    not is_complete as is_incomplete
from kpi_monthly
where year(month) = $year
order by place
