/*
title = "Which categories sold most in a year?"
group = "What sells?"
note = "Net sales of the lines of valid orders; an order with several categories counts in each."
shares = ["share", "on_year_before"]

[parameters.year]
or_all = true

[parameters.top]

[chart]
kind = "bars"
label = "category"
value = "net_sales"
*/
select
    rank as place,
    member as category,
    net_sales,
    share,
    orders,
    customers,
    units,
    net_sales_yoy as on_year_before
from kpi_breakdown
where
    dimension = 'category'
    and period_type = case when $year is null then 'all' else 'year' end
    and coalesce(year(period) = $year, true)
    and rank <= $top
order by place
