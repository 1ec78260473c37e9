-- What was sold, line by line, and at what price, cost and profit?
with
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
        coalesce(i.is_returned, case when availability.has_returns then o.status = 'returned' end) as is_returned,
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
    cross join data_availability as availability
)

select
    lines.*,
    (unit_cost * quantity)::decimal(18, 2) as cogs,
    net_sales - (unit_cost * quantity)::decimal(18, 2) as gross_profit
from lines
