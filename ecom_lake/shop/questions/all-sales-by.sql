/*
title = "How do all sales break down, over the whole history?"
group = "What sells?"
note = "Valid orders of the whole history. An order paid by several methods splits its net sales by payment share and counts in each method. Where the shop does not state discounts, there are no rows by `discounted`. `sales-by` has years and more dimensions."
shares = ["share", "share_of_orders"]

[parameters.by]
kind = "text"
meaning = "The dimension."
default = "select 'payment_method'"
allowed = "select unnest(['payment_method', 'state', 'discounted', 'channel', 'status'])"

[parameters.top]

[chart]
kind = "bars"
label = "member"
value = "net_sales"
*/
with
members as (
    select
        case $by
            when 'state' then coalesce(state, 'unknown')
            when 'discounted' then case when is_discounted then 'yes' else 'no' end
            when 'channel' then coalesce(channel, 'unknown')
            when 'status' then status
        end as member,
        net_sales
    from fct_orders
    where
        is_valid
        and $by <> 'payment_method'
        and ($by <> 'discounted' or (select count(is_discounted) from fct_orders) > 0)
    union all
    select method, net_sales
    from fct_payments
    where $by = 'payment_method'
),

sums as (
    select member, count(*) as orders, sum(net_sales)::decimal(18, 2) as net_sales
    from members
    group by member
),

whole as (
    select count(*) as orders
    from fct_orders
    where is_valid
)

select
    row_number() over (order by net_sales desc, member) as place,
    member,
    net_sales,
    net_sales::double / nullif(sum(net_sales) over (), 0)::double as share,
    s.orders,
    s.orders::double / nullif(w.orders, 0)::double as share_of_orders,
    (net_sales::double / s.orders)::decimal(18, 2) as net_sales_per_order
from sums as s
cross join whole as w
order by place
limit $top
