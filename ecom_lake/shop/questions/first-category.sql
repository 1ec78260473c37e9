/*
title = "Which first category brings people back?"
group = "Who buys?"
note = "By the category of a person's first order; of those whose first order is at least 90, or 365, days old."
shares = ["back_in_90_days", "back_in_365_days"]

[parameters.top]
meaning = "How many categories are shown, those of most people."

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
