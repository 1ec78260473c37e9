/*
title = "Which customer segments are there, by purchase behaviour?"
group = "Who buys?"
note = "Segments found in the data (K-Means, or a grid of quantiles where that is as good), each with the rule that names it and the medians of its customers."
caveat = "anonymous_orders"
shares = ["share_of_customers", "share_of_net_sales"]

[chart]
kind = "bars"
label = "segment"
value = "share_of_net_sales"
*/
select
    segment,
    customers,
    share as share_of_customers,
    net_sales,
    net_sales_share as share_of_net_sales,
    median_net_sales::decimal(18, 2) as median_net_sales,
    median_purchases,
    median_recency_days as days_since_purchase,
    rule
from segment_profile
order by net_sales desc, segment
