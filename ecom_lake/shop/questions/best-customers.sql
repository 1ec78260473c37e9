/*
title = "How much do the best 10% of customers bring?"
group = "Who buys?"
note = "Customers by their net sales to date, in tenths; 1 are those who bought most."
shares = ["share", "cumulative_share"]

[chart]
kind = "bars"
label = "tenth"
value = "share"
*/
select
    decile as tenth,
    customers,
    net_sales,
    share,
    cumulative_share,
    (net_sales::double / customers)::decimal(18, 2) as net_sales_per_customer
from customer_concentration
order by decile
