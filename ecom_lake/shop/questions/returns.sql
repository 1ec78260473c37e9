/*
title = "What is returned most?"
group = "Payments, delivery, returns"
note = "The return rate is of the orders delivered or returned; the return share is of all valid orders."
shares = ["return_rate", "return_share", "share_of_returned"]

[parameters.by]
kind = "text"
meaning = "By category, product or state."
default = "select 'category'"
allowed = "select unnest(['category', 'product', 'state'])"

[parameters.top]

[chart]
kind = "bars"
label = "member"
value = "returned_sales"
*/
select
    coalesce(p.name, r.member) as member,
    r.returned_sales,
    r.share as share_of_returned,
    r.returned_orders,
    r.return_rate,
    r.returned_orders::double / r.orders as return_share,
    r.unknown_status_orders
from returns_leakage as r
left join dim_product as p on r.dimension = 'product' and p.product_id = r.member
where r.dimension = $by and r.returned_orders > 0
order by r.returned_sales desc, r.member
limit $top
