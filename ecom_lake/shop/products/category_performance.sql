-- How much does each category sell, and which categories are bought together with others?
with
-- A category's lines of one order are grouped: the order and its review count once.
sold as (
    select
        category,
        order_id,
        min(customer_id) as customer_id,
        sum(quantity)::bigint as units,
        sum(net_sales)::decimal(18, 2) as net_sales,
        coalesce(bool_or(is_returned), false) as is_returned,
        count(is_returned) > 0 and bool_or(is_returned or status in ('delivered', 'returned')) as is_returnable
    from fct_sales
    where is_valid
    group by category, order_id
),

-- An unknown category does not count as another category.
mixed as (
    select order_id
    from sold
    where category <> 'unknown'
    group by order_id
    having count(*) > 1
),

baskets as (
    select
        (select count(*) from fct_orders where is_valid and items > 0) as baskets,
        (select count(*) from mixed) as mixed_baskets
),

sums as (
    select
        s.category,
        count(*) as orders,
        count(distinct s.customer_id) as customers,
        sum(s.units)::bigint as units,
        sum(s.net_sales)::decimal(18, 2) as net_sales,
        count(*) filter (where s.is_returned) as returned_orders,
        count(*) filter (where s.is_returnable) as returnable_orders,
        sum(o.review_score::decimal(9, 4))::decimal(18, 4) as review_scores,
        count(o.review_score) as reviews,
        count(mixed.order_id) as mixed_orders
    from sold as s
    join fct_orders as o on o.order_id = s.order_id
    left join mixed on mixed.order_id = s.order_id
    group by s.category
),

categories as (
    select category, count(*) as products
    from dim_product
    group by category
),

-- A shop that never states a delivery does not know which orders could have been returned.
deliveries as (
    select count(*) filter (where status = 'delivered') > 0 as are_known
    from fct_orders
),

whole as (
    select sum(net_sales)::decimal(18, 2) as net_sales
    from sums
)

select
    c.category,
    c.products,
    coalesce(s.orders, 0) as orders,
    coalesce(s.units, 0) as units,
    coalesce(s.customers, 0) as customers,
    coalesce(s.net_sales, 0) as net_sales,
    coalesce(s.net_sales, 0)::double / nullif(w.net_sales, 0) as share,
    s.net_sales::double / s.orders as aov,
    case when deliveries.are_known then s.returned_orders::double / nullif(s.returnable_orders, 0) end as return_rate,
    s.review_scores::double / nullif(s.reviews, 0) as avg_review,
    case
        when c.category <> 'unknown'
            then (s.mixed_orders * b.baskets)::double / nullif(s.orders * b.mixed_baskets, 0)
    end as cross_sell_index
from categories as c
left join sums as s on s.category = c.category
cross join whole as w
cross join deliveries
cross join baskets as b
