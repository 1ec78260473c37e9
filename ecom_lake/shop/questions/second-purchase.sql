/*
title = "How many customers make a second purchase, and how soon?"
group = "Who buys?"
note = "Only customers whose first purchase is at least that many days old; all orders of one day are one purchase."
caveat = "anonymous_orders"
needs = ["orders.ordered_at"]
shares = ["share"]

[chart]
kind = "bars"
label = "within"
value = "share"
*/
with
windows as (
    select unnest([7, 30, 60, 90, 180, 365]) as days
),

firsts as (
    select customer_id, order_date
    from fct_orders
    where opens_purchase and purchase_number = 1
),

seconds as (
    select customer_id, gap_days
    from fct_orders
    where opens_purchase and purchase_number = 2
)

select
    w.days || ' days' as within,
    count(*) as customers,
    count(*) filter (where s.gap_days <= w.days) as came_back,
    (count(*) filter (where s.gap_days <= w.days))::double / count(*) as share
from windows as w
cross join reporting_period
inner join firsts as f on f.order_date <= reporting_period.as_of - w.days
left join seconds as s on s.customer_id = f.customer_id
group by w.days
order by w.days
