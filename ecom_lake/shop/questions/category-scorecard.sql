/*
title = "How do categories compare in sales, reviews and returns?"
group = "What sells?"
note = "Over the whole history. The cross-sell index is how much more likely than the shop's average an order contains another category too."
shares = ["share", "return_rate"]

[parameters.top]

[chart]
kind = "bars"
label = "category"
value = "net_sales"
*/
select
    category,
    net_sales,
    share,
    orders,
    aov::decimal(18, 2) as net_sales_per_order,
    round(avg_review, 2) as avg_review,
    return_rate,
    round(cross_sell_index, 2) as cross_sell
from category_performance
where orders > 0
order by category_performance.net_sales desc, category
limit $top
