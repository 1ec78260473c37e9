/*
title = "How do orders with a discount compare with those without?"
group = "What sells?"
note = "Whole history, by category or by how often the customer has bought. An order that does not state a discount counts as without. Descriptive: who gets a discount is not random, so that the difference is not the effect of a discount. An experiment measures that."
shares = ["share_with_discount", "discount_rate"]

[parameters.by]
kind = "text"
meaning = "category or purchases."
default = "select 'category'"
allowed = "select unnest(['category', 'purchases'])"

[parameters.top]

[chart]
kind = "bars"
label = "member"
value = "share_with_discount"
*/
select
    member,
    orders,
    share_with_discount,
    discounts,
    discount_rate,
    round(units_per_order_with_discount, 2) as units_with_discount,
    round(units_per_order_without_discount, 2) as units_without_discount,
    aov_with_discount::decimal(18, 2) as net_sales_with_discount,
    aov_without_discount::decimal(18, 2) as net_sales_without_discount
from discount_sensitivity
where dimension in ('all', $by)
order by dimension = 'all' desc, case when $by = 'category' then discount_sensitivity.net_sales end desc nulls last, member
limit $top
