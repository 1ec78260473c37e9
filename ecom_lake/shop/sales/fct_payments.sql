-- How was each valid order paid, and which part of its sales belongs to each payment method?
with
paid as (
    select order_id, method, count(*) as payment_count, sum(amount)::decimal(18, 2) as payments
    from payments
    where status in ('paid', 'unknown')
    group by order_id, method
),

-- Each method has its share of the order's sales, rounded to the cent. The product of two amounts needs more than 18 digits.
shares as (
    select
        o.order_id,
        coalesce(p.method, 'none') as method,
        o.month,
        coalesce(p.payment_count, 0) as payment_count,
        coalesce(p.payments, 0) as payments,
        o.units,
        o.gross_sales,
        o.net_sales,
        coalesce(round((o.gross_sales::decimal(20, 2) * p.payments)::double / nullif(o.payments, 0), 2), 0)::decimal(18, 2) as gross_share,
        coalesce(round((o.net_sales::decimal(20, 2) * p.payments)::double / nullif(o.payments, 0), 2), 0)::decimal(18, 2) as net_share,
        row_number() over (partition by o.order_id order by p.payments desc, p.method) as place
    from fct_orders as o
    left join paid as p on p.order_id = o.order_id
    where o.is_valid and o.payment_count is not null
),

-- The method with the largest payment takes the rounding difference, so that the methods of an order sum to it.
left_over as (
    select
        order_id,
        (max(gross_sales) - sum(gross_share))::decimal(18, 2) as gross_sales,
        (max(net_sales) - sum(net_share))::decimal(18, 2) as net_sales
    from shares
    group by order_id
)

select
    s.order_id,
    s.method,
    s.month,
    s.payment_count,
    s.payments,
    case when s.place = 1 then s.units else 0 end as units,
    s.gross_share + case when s.place = 1 then l.gross_sales else 0 end as gross_sales,
    s.net_share + case when s.place = 1 then l.net_sales else 0 end as net_sales
from shares as s
join left_over as l on l.order_id = s.order_id
