-- How many customers were in each RFM segment at each month's end, and what were their net sales by then?
with
sums as (
    select as_of, to_segment as segment, sum(customers)::bigint as customers, sum(net_sales)::decimal(18, 2) as net_sales
    from rfm_migration
    group by as_of, to_segment
)

select
    as_of,
    segment,
    customers,
    customers::double / sum(customers) over (partition by as_of) as share,
    net_sales
from sums
