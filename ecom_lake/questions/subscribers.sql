/*
title = "What do subscribers bring, against others?"
group = "Who buys?"
needs = ["customers.is_subscriber"]
shares = ["share_of_customers", "share_of_net_sales", "repeat_rate"]

[chart]
kind = "bars"
label = "people"
value = "net_sales_per_customer"
*/
with
sums as (
    select
        case when c.is_subscriber then 'subscribers' when not c.is_subscriber then 'others' else 'unknown' end as people,
        count(*) as customers,
        sum(m.orders)::bigint as orders,
        sum(m.net_sales)::decimal(18, 2) as net_sales,
        count(*) filter (where m.purchases >= 2) as repeaters
    from customer_metrics as m
    inner join dim_customer as c on c.customer_id = m.customer_id
    group by 1
)

select
    people,
    customers,
    customers::double / (sum(customers) over ())::double as share_of_customers,
    orders,
    net_sales,
    net_sales::double / nullif(sum(net_sales) over (), 0)::double as share_of_net_sales,
    (net_sales::double / customers)::decimal(18, 2) as net_sales_per_customer,
    (net_sales::double / orders)::decimal(18, 2) as net_sales_per_order,
    repeaters::double / customers as repeat_rate
from sums
order by people = 'unknown', people desc
