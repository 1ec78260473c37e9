-- How much does each product sell, and which few products bring most of the net sales?
with
-- A product's lines of one order are grouped: the order and its review count once.
sold as (
    select
        product_id,
        order_id,
        sum(quantity)::bigint as units,
        sum(net_sales)::decimal(18, 2) as net_sales,
        sum(cogs)::decimal(18, 2) as cogs,
        sum(case when cogs is not null then net_sales end)::decimal(18, 2) as costed_sales,
        coalesce(bool_or(is_returned), false) as is_returned,
        count(is_returned) > 0 and bool_or(is_returned or status in ('delivered', 'returned')) as is_returnable,
        sum(case when is_returned then quantity end)::bigint as returned_units,
        sum(case when is_returned or (not is_returned and status in ('delivered', 'returned')) then quantity end)::bigint
            as returnable_units,
        min(order_date) as order_date
    from fct_sales
    where is_valid
    group by product_id, order_id
),

sums as (
    select
        s.product_id,
        count(*) as orders,
        sum(s.units)::bigint as units,
        sum(s.net_sales)::decimal(18, 2) as net_sales,
        sum(s.cogs)::decimal(18, 2) as cogs,
        sum(s.costed_sales)::decimal(18, 2) as costed_sales,
        count(*) filter (where s.is_returned) as returned_orders,
        count(*) filter (where s.is_returnable) as returnable_orders,
        sum(s.returned_units)::bigint as returned_units,
        sum(s.returnable_units)::bigint as returnable_units,
        sum(o.review_score::decimal(9, 4))::decimal(18, 4) as review_scores,
        count(o.review_score) as reviews,
        min(s.order_date) as first_sold,
        max(s.order_date) as last_sold
    from sold as s
    join fct_orders as o on o.order_id = s.order_id
    group by s.product_id
),

-- Products that were never sold are included, and come last.
products_sold as (
    select
        p.product_id,
        p.category,
        s.* exclude (product_id, net_sales),
        coalesce(s.net_sales, 0)::decimal(18, 2) as net_sales
    from dim_product as p
    left join sums as s on s.product_id = p.product_id
),

-- A shop that never states a delivery does not know which orders could have been returned.
deliveries as (
    select count(*) filter (where status = 'delivered') > 0 as are_known
    from fct_orders
),

ranked as (
    select
        products_sold.*,
        row_number() over (order by net_sales desc, product_id) as rank_by_sales,
        row_number() over (partition by category order by net_sales desc, product_id) as rank_in_category,
        sum(net_sales) over (
            order by net_sales desc, product_id rows between unbounded preceding and current row
        )::decimal(18, 2) as sales_so_far,
        sum(net_sales) over ()::decimal(18, 2) as all_sales
    from products_sold
)

select
    r.product_id,
    r.category,
    coalesce(r.units, 0) as units,
    coalesce(r.orders, 0) as orders,
    r.net_sales,
    case when r.costed_sales >= settings.cost_coverage * nullif(r.net_sales, 0) then r.net_sales - r.cogs end as gross_profit,
    r.rank_in_category,
    r.rank_by_sales,
    r.net_sales::double / nullif(r.all_sales, 0) as share,
    r.sales_so_far::double / nullif(r.all_sales, 0) as cumulative_share,
    case
        when r.all_sales = 0 then null
        when r.sales_so_far - r.net_sales < settings.abc_a_share * r.all_sales then 'A'
        when r.sales_so_far - r.net_sales < settings.abc_b_share * r.all_sales then 'B'
        else 'C'
    end as abc_class,
    case when deliveries.are_known then r.returned_orders::double / nullif(r.returnable_orders, 0) end as return_rate,
    case when deliveries.are_known then coalesce(r.returned_units, 0)::double / nullif(r.returnable_units, 0) end
        as return_rate_units,
    r.review_scores::double / nullif(r.reviews, 0) as avg_review,
    r.first_sold,
    r.last_sold
from ranked as r
cross join deliveries
cross join settings
