-- How many orders have a discount, and how large are orders with and without one, by category and by purchase frequency?
with
frequencies as (
    select customer_id, max(purchase_number) as purchases
    from fct_orders
    where order_number is not null
    group by customer_id
),

-- One row for each order of each member; in a category, an order has its lines of the category.
held as (
    select 'all' as dimension, 'all' as member, is_discounted, units, discounts, net_sales
    from fct_orders
    where is_valid and items > 0
    union all
    select
        'purchases',
        case
            when o.is_anonymous then 'anonymous'
            when f.purchases >= 5 then '5 or more'
            else cast(f.purchases as varchar)
        end,
        o.is_discounted,
        o.units,
        o.discounts,
        o.net_sales
    from fct_orders as o
    left join frequencies as f on f.customer_id = o.customer_id
    where o.is_valid and o.items > 0
    union all
    select
        'category',
        category,
        bool_or(is_discounted),
        sum(quantity)::bigint,
        sum(discount)::decimal(18, 2),
        sum(net_sales)::decimal(18, 2)
    from fct_sales
    where is_valid
    group by category, order_id
),

sums as (
    select
        dimension,
        member,
        count(*) as orders,
        count(*) filter (where is_discounted) as orders_with_discount,
        sum(units)::bigint as units,
        coalesce(sum(units) filter (where is_discounted), 0)::bigint as units_with_discount,
        sum(net_sales)::decimal(18, 2) as net_sales,
        coalesce(sum(net_sales) filter (where is_discounted), 0)::decimal(18, 2) as net_sales_with_discount,
        case when has_discount_amounts then sum(discounts)::decimal(18, 2) end as discounts
    from held
    cross join data_availability
    group by dimension, member, has_discount_amounts
)

select
    dimension,
    member,
    orders,
    orders_with_discount,
    orders_with_discount::double / orders as share_with_discount,
    units,
    units_with_discount,
    net_sales,
    net_sales_with_discount,
    discounts,
    case when discounts > 0 then discounts::double / (net_sales_with_discount + discounts) end as discount_rate,
    units_with_discount::double / nullif(orders_with_discount, 0) as units_per_order_with_discount,
    (units - units_with_discount)::double / nullif(orders - orders_with_discount, 0) as units_per_order_without_discount,
    net_sales_with_discount::double / nullif(orders_with_discount, 0) as aov_with_discount,
    (net_sales - net_sales_with_discount)::double / nullif(orders - orders_with_discount, 0) as aov_without_discount
from sums
