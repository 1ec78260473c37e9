-- Which share of the net sales of known customers comes from the top decile of customers?
with
anonymous as (
    select
        max(value) filter (where metric = 'anonymous_orders') as orders,
        max(value) filter (where metric = 'anonymous_net_sales') as net_sales
    from kpi_summary
)

select
    'decile=' || c.decile as row_key,
    c.share as value,
    c.customers as n,
    c.net_sales as money,
    case when a.orders > 0 then 'the net sales of known customers' else 'revenue' end as whole,
    case
        when a.orders > 0
            then format(
                '{:,} anonymous orders with net sales of {:,.2f} have no customer and are left out.', a.orders::bigint, a.net_sales
            )
    end as caveat
from customer_concentration as c
cross join anonymous as a
where c.decile = 1
