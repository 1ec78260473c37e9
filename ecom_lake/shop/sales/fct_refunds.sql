-- Which money was given back, when, for which order, and is it more than was paid?
select
    r.refund_id,
    r.order_id,
    r.line,
    date_trunc('month', r.refunded_at)::date as month,
    r.refunded_at,
    r.refunded_at::date as refund_date,
    o.order_date,
    o.is_valid,
    r.amount,
    sum(r.amount) over (
        partition by r.order_id
        order by r.refunded_at nulls last, r.refund_id
        rows between unbounded preceding and current row
    )::decimal(18, 2) as refunded_so_far,
    o.payments,
    r.reason
from refunds as r
join fct_orders as o on o.order_id = r.order_id
