/*
title = "Which brands sold most in a year?"
group = "What sells?"
needs = ["products.brand"]
shares = ["share", "on_year_before"]

[parameters.year]

[parameters.top]

[chart]
kind = "bars"
label = "brand"
value = "net_sales"
*/
select
    rank as place,
    member as brand,
    net_sales,
    share,
    orders,
    customers,
    units,
    net_sales_yoy as on_year_before
from kpi_breakdown
where dimension = 'brand' and period_type = 'year' and year(period) = $year and rank <= $top
order by place
