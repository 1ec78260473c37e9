-- What was sold, line by line, and at what price, cost and profit?
with
-- Where no order and no line was ever returned, the shop does not know returns, which differs from having none.
returns as (
    select
        (select count(*) from orders where status = 'returned') > 0
        or (select count(is_returned) from order_items) > 0 as are_known
),

lines as (
    select
        i.order_id,
        i.line,
        o.ordered_at::date as order_date,
        o.month,
        o.customer_id,
        o.customer_id is null as is_anonymous,
        i.product_id,
        i.seller_id,
        p.category,
        p.brand,
        o.status,
        o.channel,
        o.state,
        o.region,
        o.is_valid and i.is_valid as is_valid,
        coalesce(i.is_returned, case when returns.are_known then o.status = 'returned' end) as is_returned,
        i.is_discounted or i.discount > 0 as is_discounted,
        i.size,
        i.colour,
        i.quantity,
        i.unit_price,
        coalesce(i.unit_cost, p.unit_cost) as unit_cost,
        i.gross_sales,
        i.discount,
        (i.gross_sales - i.discount)::decimal(18, 2) as net_sales,
        i.freight,
        i.tax
    from order_items as i
    join orders as o on o.order_id = i.order_id
    join dim_product as p on p.product_id = i.product_id
    cross join returns
)

select
    lines.*,
    (unit_cost * quantity)::decimal(18, 2) as cogs,
    net_sales - (unit_cost * quantity)::decimal(18, 2) as gross_profit
from lines
