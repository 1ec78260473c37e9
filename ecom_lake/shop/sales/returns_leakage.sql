-- How much net sales is lost through returns, by product, category and state?
with
-- Of a member, an order is returned where some of its lines of the member were; else it is delivered, or unknown.
of_products as (
    select
        product_id as member,
        order_id,
        min(status) as status,
        bool_or(is_returned) as is_returned,
        sum(case when is_returned then net_sales end)::decimal(18, 2) as returned_sales
    from fct_sales
    where is_valid
    group by product_id, order_id
),

of_categories as (
    select
        category as member,
        order_id,
        min(status) as status,
        bool_or(is_returned) as is_returned,
        sum(case when is_returned then net_sales end)::decimal(18, 2) as returned_sales
    from fct_sales
    where is_valid
    group by category, order_id
),

held as (
    select 'product' as dimension, member, status, is_returned, returned_sales from of_products
    union all
    select 'category', member, status, is_returned, returned_sales from of_categories
    union all
    select 'state', coalesce(state, 'unknown'), status, is_returned, returned_sales from fct_orders where is_valid
),

sums as (
    select
        dimension,
        member,
        count(*) as orders,
        count(*) filter (where status in ('delivered', 'returned') and not is_returned) as delivered_orders,
        count(*) filter (where is_returned) as returned_orders,
        count(*) filter (where status = 'unknown') as unknown_status_orders,
        coalesce(sum(returned_sales), 0)::decimal(18, 2) as returned_sales
    from held
    group by dimension, member
),

-- Without a stated delivery, an order without a return may still be on its way.
deliveries as (
    select count(*) filter (where status = 'delivered') > 0 as are_known
    from fct_orders
),

whole as (
    select sum(returned_sales)::decimal(18, 2) as returned_sales
    from fct_orders
    where is_valid
)

select
    s.dimension,
    s.member,
    s.orders,
    case when deliveries.are_known then s.delivered_orders end as delivered_orders,
    s.returned_orders,
    case when deliveries.are_known then s.returned_orders::double / nullif(s.delivered_orders + s.returned_orders, 0) end
        as return_rate,
    s.returned_sales,
    s.returned_sales::double / nullif(w.returned_sales, 0) as share,
    s.unknown_status_orders
from sums as s
cross join whole as w
cross join deliveries
cross join data_availability as availability
where availability.has_returns
