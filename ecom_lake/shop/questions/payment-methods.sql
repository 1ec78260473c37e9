/*
title = "Which payment methods do customers use most?"
group = "Payments, delivery, returns"
note = "Value of the payments of valid orders, which is not revenue; an order paid by two methods counts in both."
shares = ["share"]

[parameters.year]

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
        sum(payment_count)::bigint as payment_count,
        sum(avg_installments * payment_count)::double as instalments
    from payment_mix
    where year(month) = $year
    group by method
)

select
    row_number() over (order by payments desc, method) as place,
    method,
    payments,
    payments::double / nullif(sum(payments) over (), 0)::double as share,
    orders,
    round(instalments / payment_count, 2) as avg_instalments
from used
order by place
limit $top
