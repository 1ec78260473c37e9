/*
title = "How much do subscribers spend, compared with other customers?"
group = "Who buys?"
caveat = "anonymous_orders"
needs = ["customers.is_subscriber"]
shares = ["share_of_customers", "share_of_net_sales", "repeat_rate"]

[chart]
kind = "bars"
label = "subscriber"
value = "net_sales_per_customer"
*/
select
    subscriber,
    customers,
    share as share_of_customers,
    orders,
    net_sales,
    net_sales_share as share_of_net_sales,
    net_sales_per_customer::decimal(18, 2) as net_sales_per_customer,
    aov::decimal(18, 2) as net_sales_per_order,
    repeat_rate
from subscription_value
order by case subscriber when 'yes' then 1 when 'no' then 2 else 3 end
