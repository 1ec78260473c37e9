/*
title = "How do a year's sales break down by category, state, payment method and other dimensions?"
group = "What sells?"
note = "Net sales of the members sum to the year's; orders and customers with several members count in each."
shares = ["share", "on_year_before"]

[parameters.by]
kind = "text"
meaning = "The dimension."
default = "select coalesce(max(dimension) filter (where dimension = 'state'), min(dimension)) from kpi_breakdown"
allowed = "select distinct dimension from kpi_breakdown order by dimension"

[parameters.year]
or_all = true

[parameters.top]

[chart]
kind = "bars"
label = "member"
value = "net_sales"
*/
select
    rank as place,
    member,
    net_sales,
    share,
    orders,
    customers,
    aov::decimal(18, 2) as net_sales_per_order,
    net_sales_yoy as on_year_before
from kpi_breakdown
where
    dimension = $by
    and period_type = case when $year is null then 'all' else 'year' end
    and coalesce(year(period) = $year, true)
    and rank <= $top
order by place
