/*
title = "How many customers has each persona, and how much do they spend?"
group = "Who buys?"
note = "The first rule that applies to a customer assigns the persona."
caveat = "anonymous_orders"
shares = ["share_of_customers", "share_of_net_sales", "repeat_rate"]

[chart]
kind = "bars"
label = "persona"
value = "net_sales"
*/
select
    persona,
    customers,
    share as share_of_customers,
    net_sales,
    net_sales_share as share_of_net_sales,
    aov::decimal(18, 2) as net_sales_per_order,
    repeat_rate,
    rule
from personas
order by position
