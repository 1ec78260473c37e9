/*
title = "Between which segments did customers move in a month?"
group = "Who buys?"
note = "RFM segments at the beginning and the end of the month; customers from none ordered for the first time. In the first month, all customers are from none."
caveat = "anonymous_orders"
shares = ["share_of_segment"]

[parameters.month]
meaning = "The month, such as 2018-08; the default is the last one."
default = "select date_trunc('month', max(as_of))::date from rfm_migration"
allowed = "select distinct date_trunc('month', as_of)::date as month from rfm_migration order by month"

[parameters.top]

[chart]
kind = "bars"
label = "move"
value = "customers"
*/
with
moves as (
    select
        from_segment,
        to_segment,
        customers,
        net_sales,
        (sum(customers) over (partition by from_segment))::bigint as started
    from rfm_migration
    where as_of = last_day($month::date)
)

select
    from_segment || ' → ' || to_segment as move,
    customers,
    customers::double / started as share_of_segment,
    net_sales
from moves
where from_segment <> to_segment
order by customers desc, net_sales desc, move
limit $top
