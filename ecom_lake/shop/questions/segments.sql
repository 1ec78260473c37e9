/*
title = "Which RFM segments bring the revenue?"
group = "Who buys?"
note = "RFM segments: by how recently, how often and for how much customers bought."
caveat = "anonymous_orders"
shares = ["share_of_customers", "share_of_net_sales"]

[chart]
kind = "bars"
label = "segment"
value = "net_sales"
*/
select
    segment,
    customers,
    share as share_of_customers,
    net_sales,
    net_sales_share as share_of_net_sales,
    avg_monetary::decimal(18, 2) as net_sales_per_customer,
    round(avg_recency_days, 1) as days_since_purchase
from rfm_segments
order by net_sales desc, segment
