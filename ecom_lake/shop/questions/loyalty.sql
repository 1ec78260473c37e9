/*
title = "How much do new, returning and loyal customers spend?"
group = "Who buys?"
note = "By number of purchases, those before the export included; all orders of one day are one purchase."
caveat = "anonymous_orders"
shares = ["share_of_customers", "share_of_net_sales"]

[chart]
kind = "bars"
label = "tier"
value = "net_sales"
*/
select
    loyalty_tier || ' (' || lower(left(rule, 1)) || rtrim(substr(rule, 2), '.') || ')' as tier,
    customers,
    share as share_of_customers,
    orders,
    net_sales,
    net_sales_share as share_of_net_sales,
    (net_sales::double / customers)::decimal(18, 2) as net_sales_per_customer,
    aov::decimal(18, 2) as net_sales_per_order
from loyalty_tiers
order by position
