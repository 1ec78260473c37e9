/*
title = "Which brands sold most in a year?"
group = "What sells?"
needs = ["products.brand"]
shares = ["share"]

[parameters.year]

[parameters.top]

[chart]
kind = "bars"
label = "brand"
value = "net_sales"
*/
with
sold as (
    select
        coalesce(brand, 'unknown') as brand,
        sum(net_sales)::decimal(18, 2) as net_sales,
        count(distinct order_id) as orders,
        count(distinct customer_id) as customers,
        sum(quantity)::bigint as units
    from fct_sales
    where is_valid and year(month) = $year
    group by coalesce(brand, 'unknown')
)

select
    row_number() over (order by net_sales desc, brand) as place,
    brand,
    net_sales,
    net_sales::double / nullif(sum(net_sales) over (), 0)::double as share,
    orders,
    customers,
    units
from sold
order by place
limit $top
