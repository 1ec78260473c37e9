-- How was each valid order paid, and which part of its sales belongs to each payment method?
with
paid as (
    select order_id, method, count(*) as payment_count, sum(amount)::decimal(18, 2) as payments
    from payments
    where status in ('paid', 'unknown')
    group by order_id, method
),

ranked as (
    select
        o.order_id,
        coalesce(p.method, 'none') as method,
        o.month,
        coalesce(p.payment_count, 0) as payment_count,
        coalesce(p.payments, 0) as payments,
        o.units,
        o.gross_sales,
        o.net_sales,
        o.payments as all_payments,
        row_number() over (partition by o.order_id order by p.payments desc, p.method) as place
    from fct_orders as o
    left join paid as p on p.order_id = o.order_id
    where o.is_valid and o.payment_count is not null
),

-- A method's share of the order's sales is rounded to the cent. The product of two amounts needs more than 18 digits.
shares as (
    select
        *,
        coalesce(round((gross_sales::decimal(20, 2) * payments)::double / nullif(all_payments, 0), 2), 0)::decimal(18, 2) as gross_share,
        coalesce(round((net_sales::decimal(20, 2) * payments)::double / nullif(all_payments, 0), 2), 0)::decimal(18, 2) as net_share
    from ranked
),

-- The largest payment takes what the others leave, so that the methods of an order sum to it.
wanted as (
    select
        *,
        gross_sales - net_sales as discount,
        case when place > 1 then net_share else net_sales end as net_part,
        case when place > 1 then gross_share - net_share else gross_sales - net_sales end as discount_part
    from shares
),

taken as (
    select
        *,
        (sum(net_part) over smallest_first)::decimal(18, 2) as net_so_far,
        (sum(discount_part) over smallest_first)::decimal(18, 2) as discount_so_far
    from wanted
    window smallest_first as (partition by order_id order by payments, method desc rows between unbounded preceding and current row)
),

-- Rounded shares of a few cents can sum to more than the order has: a method takes no more net sales and discount than are left.
parts as (
    select
        *,
        least(net_so_far, net_sales) - least(net_so_far - net_part, net_sales) as net_taken,
        least(discount_so_far, discount) - least(discount_so_far - discount_part, discount) as discount_taken
    from taken
)

select
    order_id,
    method,
    month,
    payment_count,
    payments,
    case when place = 1 then units else 0 end as units,
    (net_taken + discount_taken)::decimal(18, 2) as gross_sales,
    net_taken::decimal(18, 2) as net_sales
from parts
