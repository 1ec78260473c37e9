/*
title = "What share of revenue comes from the top 10% of customers?"
group = "Who buys?"
note = "Customers in deciles by net sales to date; decile 1 has the highest net sales."
caveat = "anonymous_orders"
shares = ["share", "cumulative_share"]

[chart]
kind = "bars"
label = "decile"
value = "share"
*/
select
    decile,
    customers,
    net_sales,
    share,
    cumulative_share,
    (net_sales::double / customers)::decimal(18, 2) as net_sales_per_customer
from customer_concentration
order by decile
