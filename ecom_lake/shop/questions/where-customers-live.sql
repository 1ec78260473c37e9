/*
title = "Where do our customers live?"
group = "Who buys?"
note = "By the state of each customer's latest order, with net sales to date."
caveat = "anonymous_orders"
shares = ["share_of_customers", "share_of_net_sales"]

[parameters.top]

[chart]
kind = "bars"
label = "state"
value = "customers"
*/
with
sums as (
    select
        coalesce(c.state, 'unknown') as state,
        count(*) as customers,
        sum(m.orders)::bigint as orders,
        sum(m.net_sales)::decimal(18, 2) as net_sales
    from customer_metrics as m
    inner join dim_customer as c on c.customer_id = m.customer_id
    group by coalesce(c.state, 'unknown')
)

select
    state,
    customers,
    customers::double / (sum(customers) over ())::double as share_of_customers,
    orders,
    net_sales,
    net_sales::double / nullif(sum(net_sales) over (), 0)::double as share_of_net_sales,
    (net_sales::double / customers)::decimal(18, 2) as net_sales_per_customer
from sums
order by customers desc, state
limit $top
