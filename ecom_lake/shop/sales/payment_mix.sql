-- How do customers pay, month by month?
with
paid as (
    select
        o.month,
        p.method,
        p.order_id,
        count(*) as payment_count,
        sum(p.amount)::decimal(18, 2) as amount,
        sum(p.instalments)::bigint as instalments,
        count(p.instalments) as known_instalments
    from payments as p
    join fct_orders as o on o.order_id = p.order_id
    where p.status in ('paid', 'unknown') and o.is_valid and o.month is not null
    group by o.month, p.method, p.order_id
),

sums as (
    select
        month,
        method,
        count(*) as orders,
        sum(payment_count)::bigint as payment_count,
        sum(amount)::decimal(18, 2) as payments,
        sum(instalments)::bigint as instalments,
        sum(known_instalments)::bigint as known_instalments
    from paid
    group by month, method
),

months as (
    select month, sum(payments)::decimal(18, 2) as payments
    from sums
    group by month
)

select
    s.month,
    s.method,
    s.orders,
    s.payment_count,
    s.payments,
    s.payments::double / nullif(m.payments, 0) as share,
    s.known_instalments,
    s.instalments::double / nullif(s.known_instalments, 0) as avg_installments
from sums as s
join months as m on m.month = s.month
