/*
title = "How many orders and how much net sales have each status?"
group = "Payments, delivery, returns"
note = "All orders, valid or not."
shares = ["share"]

[chart]
kind = "bars"
label = "status"
value = "orders"
*/
select
    status,
    orders,
    net_sales,
    share,
    valid_orders,
    round(median_age_days, 1) as median_age_days
from order_status_sales
order by orders desc, status
