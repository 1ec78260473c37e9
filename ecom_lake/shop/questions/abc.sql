/*
title = "Which few products bring most of the revenue (ABC analysis)?"
group = "What sells?"
note = "Products by net sales: A up to 80% of net sales, B up to 95%, C the rest; settings may state other bounds."
shares = ["share_of_products", "share_of_net_sales"]

[chart]
kind = "bars"
label = "class"
value = "share_of_net_sales"
*/
with
classes as (
    select
        abc_class as class,
        count(*) as products,
        sum(net_sales)::decimal(18, 2) as net_sales,
        sum(units)::bigint as units
    from product_performance
    where abc_class is not null
    group by abc_class
)

select
    class,
    products,
    products::double / (sum(products) over ())::double as share_of_products,
    net_sales,
    net_sales::double / nullif(sum(net_sales) over (), 0)::double as share_of_net_sales,
    units
from classes
order by class
