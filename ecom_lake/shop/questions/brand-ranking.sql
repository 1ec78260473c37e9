/*
title = "Which brands sold most in a year?"
group = "What sells?"
note = "Products without a brand come last."
needs = ["products.brand"]
shares = ["share", "on_year_before"]

[parameters.year]
or_all = true

[parameters.top]

[chart]
kind = "bars"
label = "brand"
value = "net_sales"
*/
with
ranked as (
    select *, row_number() over (order by member = 'unknown', rank) as place
    from kpi_breakdown
    where
        dimension = 'brand'
        and period_type = case when $year is null then 'all' else 'year' end
        and coalesce(year(period) = $year, true)
)

select
    place,
    member as brand,
    net_sales,
    share,
    orders,
    customers,
    units,
    net_sales_yoy as on_year_before
from ranked
where place <= $top
order by place
