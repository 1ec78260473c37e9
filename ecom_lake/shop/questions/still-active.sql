/*
title = "How many customers are active, at risk or lapsed?"
group = "Who buys?"
note = "Active: the latest purchase is within the median of the shop's gaps between purchases; at risk: within their 80th percentile; lapsed: longer ago."
caveat = "anonymous_orders"
needs = ["orders.ordered_at"]
shares = ["share_of_customers", "share_of_net_sales"]

[chart]
kind = "bars"
label = "status"
value = "customers"
*/
with
sums as (
    select
        activity_status as status,
        count(*) as customers,
        min(recency_days) as from_days,
        max(recency_days) as to_days,
        sum(net_sales)::decimal(18, 2) as net_sales
    from customer_metrics
    where activity_status is not null
    group by activity_status
)

select
    status,
    customers,
    customers::double / (sum(customers) over ())::double as share_of_customers,
    from_days as from_days_since_purchase,
    to_days as to_days_since_purchase,
    net_sales as net_sales_to_date,
    net_sales::double / nullif(sum(net_sales) over (), 0)::double as share_of_net_sales
from sums
order by case status when 'active' then 1 when 'at risk' then 2 else 3 end
