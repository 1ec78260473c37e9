/*
title = "Which products sold most in a year?"
group = "What sells?"
note = "Net sales of the lines of valid orders; an order with several products counts in each."
shares = ["share", "on_year_before"]

[parameters.year]
or_all = true

[parameters.by]
kind = "text"
meaning = "What ranks the products: net_sales or units."
default = "select 'net_sales'"
allowed = "select unnest(['net_sales', 'units'])"

[parameters.top]

[chart]
kind = "bars"
label = "product"
value = "net_sales"
*/
with
ranked as (
    select *, row_number() over (order by case when $by = 'units' then units end desc, rank) as place
    from kpi_breakdown
    where
        dimension = 'product'
        and period_type = case when $year is null then 'all' else 'year' end
        and coalesce(year(period) = $year, true)
)

select
    r.place,
    coalesce(p.name, r.member) as product,
    p.category,
    r.units,
    r.net_sales,
    r.share,
    r.orders,
    r.customers,
    r.net_sales_yoy as on_year_before
from ranked as r
left join dim_product as p on p.product_id = r.member
where r.place <= $top
order by r.place
