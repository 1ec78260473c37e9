/*
title = "What do new, returning and loyal customers bring?"
group = "Who buys?"
note = "By purchases, those before the export included: New 1, Returning 2, Loyal 3 or more, unless the shop sets it otherwise."
shares = ["share_of_customers", "share_of_net_sales"]

[chart]
kind = "bars"
label = "tier"
value = "net_sales"
*/
with
tiers as (
    select
        loyalty_tier as tier,
        count(*) as customers,
        sum(orders)::bigint as orders,
        sum(net_sales)::decimal(18, 2) as net_sales
    from customer_metrics
    group by loyalty_tier
)

select
    tier,
    customers,
    customers::double / (sum(customers) over ())::double as share_of_customers,
    orders,
    net_sales,
    net_sales::double / nullif(sum(net_sales) over (), 0)::double as share_of_net_sales,
    (net_sales::double / customers)::decimal(18, 2) as net_sales_per_customer,
    (net_sales::double / orders)::decimal(18, 2) as net_sales_per_order
from tiers
order by case tier when 'New' then 1 when 'Returning' then 2 else 3 end
