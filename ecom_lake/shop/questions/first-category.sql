/*
title = "Which first category leads to repeat purchases?"
group = "Who buys?"
note = "By the category of a customer's first order; only customers whose first order is at least 90, or 365, days old."
caveat = "anonymous_orders"
shares = ["back_in_90_days", "back_in_365_days"]

[parameters.top]
meaning = "How many categories are shown, those with most customers."

[chart]
kind = "bars"
label = "category"
value = "back_in_90_days"
*/
select
    category,
    customers,
    repeat_rate_90d as back_in_90_days,
    repeat_rate_365d as back_in_365_days,
    net_sales_per_customer_365d::decimal(18, 2) as net_sales_in_365_days
from first_product_value
order by customers desc, category
limit $top
