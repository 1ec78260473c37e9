/*
title = "After buying from a category, what do customers buy next?"
group = "Who buys?"
note = "The next purchase of the same customer, on a later day; only customers who made one."
caveat = "anonymous_orders"
shares = ["share"]

[parameters.category]
kind = "text"
meaning = "The category of the earlier purchase; the default is the one with most customers."
default = "select from_category from product_journey order by from_customers desc, from_category limit 1"
allowed = "select distinct from_category from product_journey order by from_category"

[parameters.top]

[chart]
kind = "bars"
label = "next_category"
value = "share"
*/
select
    to_category as next_category,
    customers,
    share,
    median_days
from product_journey
where from_category = $category
order by customers desc, to_category
limit $top
