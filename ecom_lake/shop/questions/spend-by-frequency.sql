/*
title = "How much do customers spend, by how often they buy?"
group = "Who buys?"
note = "By the number of purchases up to the as-of date (all orders of one day are one purchase), or by the days between purchases that the customer stated."
caveat = "anonymous_orders"
shares = ["share_of_customers", "share_of_net_sales"]

[parameters.by]
kind = "text"
meaning = "purchases, or stated for what the customers stated."
default = "select 'purchases'"
allowed = "select unnest(['purchases', 'stated'])"

[chart]
kind = "bars"
label = "frequency"
value = "net_sales_per_customer"
*/
with
people as (
    select
        m.orders,
        m.net_sales,
        case when $by = 'stated' then d.purchase_frequency_days else least(m.purchases, 5) end as position
    from customer_metrics as m
    inner join dim_customer as d on d.customer_id = m.customer_id
),

sums as (
    select position, count(*) as customers, sum(orders)::bigint as orders, sum(net_sales)::decimal(18, 2) as net_sales
    from people
    group by position
)

select
    case
        when position is null then 'unknown'
        when $by = 'stated' then 'every ' || position || ' days'
        when position = 1 then '1 purchase'
        when position = 5 then '5 purchases or more'
        else position || ' purchases'
    end as frequency,
    customers,
    customers::double / (sum(customers) over ())::double as share_of_customers,
    orders,
    net_sales,
    net_sales::double / nullif(sum(net_sales) over (), 0)::double as share_of_net_sales,
    (net_sales::double / customers)::decimal(18, 2) as net_sales_per_customer,
    (net_sales::double / orders)::decimal(18, 2) as net_sales_per_order
from sums
order by sums.position nulls last
