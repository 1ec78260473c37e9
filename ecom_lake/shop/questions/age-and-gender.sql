/*
title = "Which age groups and genders buy most?"
group = "Who buys?"
caveat = "anonymous_orders"
shares = ["share_of_customers", "share_of_net_sales", "repeat_rate"]

[parameters.by]
kind = "text"
meaning = "By age_group or by gender."
default = "select min(dimension) from demographics"
allowed = "select distinct dimension from demographics order by dimension"

[chart]
kind = "bars"
label = "member"
value = "net_sales_per_customer"
*/
select
    member,
    customers,
    share as share_of_customers,
    net_sales,
    net_sales_share as share_of_net_sales,
    net_sales_per_customer::decimal(18, 2) as net_sales_per_customer,
    aov::decimal(18, 2) as net_sales_per_order,
    repeat_rate
from demographics
where dimension = $by
order by member
