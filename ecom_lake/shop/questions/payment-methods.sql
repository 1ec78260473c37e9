/*
title = "Which payment methods do customers use most?"
group = "Payments, delivery, returns"
note = "Value of the payments of valid orders, which is not revenue; an order paid by two methods counts in both, so that the shares of orders may sum to more than 100%."
shares = ["share", "share_of_orders"]

[parameters.year]
or_all = true

[parameters.by]
kind = "text"
meaning = "What ranks the methods: value or orders."
default = "select 'value'"
allowed = "select unnest(['value', 'orders'])"

[parameters.top]
default = "select 5"

[chart]
kind = "bars"
label = "method"
value = "payments"
*/
with
used as (
    select
        method,
        sum(payments)::decimal(18, 2) as payments,
        sum(orders)::bigint as orders,
        sum(known_instalments)::bigint as known_instalments,
        sum(avg_installments * known_instalments)::double as instalments
    from payment_mix
    where coalesce(year(month) = $year, true)
    group by method
),

paid as (
    select count(*) as orders
    from fct_orders
    where is_valid and payment_count > 0 and coalesce(year(month) = $year, true)
)

select
    row_number() over (
        order by case when $by = 'orders' then u.orders end desc, payments desc, method
    ) as place,
    method,
    payments,
    payments::double / nullif(sum(payments) over (), 0)::double as share,
    u.orders,
    u.orders::double / nullif(p.orders, 0)::double as share_of_orders,
    round(instalments / nullif(known_instalments, 0), 2) as avg_instalments
from used as u
cross join paid as p
order by place
limit $top
