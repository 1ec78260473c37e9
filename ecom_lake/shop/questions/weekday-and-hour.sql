/*
title = "On which weekdays and at which hours do customers order?"
group = "When do people buy?"
note = "Valid orders by the time when they were placed, over the whole history; no rows where the shop states dates without times."
needs = ["orders.ordered_at"]

[chart]
kind = "heat"
label = "weekday"
across = "hour"
value = "orders"
*/
with
placed as (
    select d.weekday, hour(o.ordered_at) as hour, count(*) as orders, sum(o.net_sales)::decimal(18, 2) as net_sales
    from fct_orders as o
    inner join dim_date as d on d.date = o.order_date
    where o.is_valid
    group by d.weekday, hour(o.ordered_at)
),

-- An hour without orders has 0 orders; where all orders were placed at 0:00, the shop states no times.
hours as (
    select weekdays.weekday, weekdays.weekday_name, hours.hour
    from (select distinct weekday, weekday_name from dim_date) as weekdays
    cross join (select unnest(generate_series(0, 23)) as hour) as hours
    where exists (select 1 from placed where placed.hour > 0)
)

select
    h.weekday_name as weekday,
    h.hour,
    coalesce(p.orders, 0) as orders,
    coalesce(p.net_sales, 0) as net_sales
from hours as h
left join placed as p on p.weekday = h.weekday and p.hour = h.hour
order by h.weekday, h.hour
