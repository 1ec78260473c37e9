-- What was sold in each month to which customer segment, in which category and state?
-- A person without a row in customer_segments first ordered after the segments were fitted.
select
    s.month,
    coalesce(g.segment, 'not scored') as segment,
    s.category,
    coalesce(s.state, 'unknown') as state,
    sum(s.gross_sales)::decimal(18, 2) as gross_sales,
    sum(s.discount)::decimal(18, 2) as discounts,
    sum(s.net_sales)::decimal(18, 2) as net_sales,
    sum(s.freight)::decimal(18, 2) as freight,
    sum(s.quantity)::bigint as units,
    count(*) as items,
    sum(s.cogs)::decimal(18, 2) as cogs,
    coalesce(sum(s.net_sales) filter (where s.cogs is not null), 0)::decimal(18, 2) as costed_sales,
    count(distinct s.order_id) as orders_in_cell,
    count(distinct s.customer_id) as customers_in_cell
from fct_sales as s
left join customer_segments as g on g.customer_id = s.customer_id
where s.is_valid
group by s.month, coalesce(g.segment, 'not scored'), s.category, coalesce(s.state, 'unknown')
