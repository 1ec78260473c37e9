-- Which segments account for a larger share of the net sales of known customers than of the customers?
with
anonymous as (
    select
        max(value) filter (where metric = 'anonymous_orders') as orders,
        max(value) filter (where metric = 'anonymous_net_sales') as net_sales
    from kpi_summary
)

select
    'segment_id=' || p.segment_id as row_key,
    p.net_sales_share as value,
    p.share as baseline,
    p.customers as n,
    p.net_sales as money,
    p.segment,
    case when a.orders > 0 then 'the net sales of known customers' else 'revenue' end as whole,
    case
        when a.orders > 0
            then format(
                '{:,} anonymous orders with net sales of {:,.2f} have no customer and are left out.', a.orders::bigint, a.net_sales
            )
    end as caveat,
    p.net_sales_share - p.share as effect
from segment_profile as p
cross join anonymous as a
where p.net_sales_share > p.share and p.segment_id > 0
