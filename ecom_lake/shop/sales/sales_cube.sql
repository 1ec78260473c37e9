-- What was sold in each month to which customer segment, in which category and state?
with
-- A customer without a segment first ordered after the segments were fitted; an anonymous order has no customer.
lines as (
    select
        s.* exclude (state),
        coalesce(s.state, 'unknown') as state,
        case when s.customer_id is null then 'anonymous' else coalesce(g.segment, 'not scored') end as segment
    from fct_sales as s
    left join customer_segments as g on g.customer_id = s.customer_id
    where s.is_valid
)

select
    month,
    segment,
    category,
    state,
    sum(gross_sales)::decimal(18, 2) as gross_sales,
    case when has_discount_amounts then sum(discount)::decimal(18, 2) end as discounts,
    sum(net_sales)::decimal(18, 2) as net_sales,
    sum(freight)::decimal(18, 2) as freight,
    sum(quantity)::bigint as units,
    count(*) as items,
    sum(cogs)::decimal(18, 2) as cogs,
    coalesce(sum(net_sales) filter (where cogs is not null), 0)::decimal(18, 2) as costed_sales,
    count(distinct order_id) as orders_in_cell,
    count(distinct customer_id) as customers_in_cell
from lines
cross join data_availability
group by month, segment, category, state, has_discount_amounts
