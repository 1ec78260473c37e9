-- What do sentences on known customers call all their net sales, and which orders do they leave out?
select
    case when orders > 0 then 'the net sales of known customers' else 'revenue' end as whole,
    case
        when orders > 0
            then format('{:,} anonymous orders with net sales of {:,.2f} have no customer and are left out.', orders::bigint, net_sales)
    end as caveat
from (
    select
        max(value) filter (where metric = 'anonymous_orders') as orders,
        max(value) filter (where metric = 'anonymous_net_sales') as net_sales
    from kpi_summary
) as anonymous
