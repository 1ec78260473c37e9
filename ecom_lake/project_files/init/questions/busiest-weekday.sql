/*
title = "On which weekday do customers buy most?"
shares = ["share_of_orders"]

[chart]
kind = "bars"
label = "weekday_name"
value = "orders"
*/
select
    weekday_name,
    orders,
    net_sales,
    orders::double / nullif(sum(orders) over (), 0)::double as share_of_orders
from weekday_sales
order by orders desc, weekday
