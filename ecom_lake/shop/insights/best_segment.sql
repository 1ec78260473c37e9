-- Which segments account for a larger share of the net sales of known customers than of the customers?
select
    'segment_id=' || p.segment_id as row_key,
    p.net_sales_share as value,
    p.share as baseline,
    p.customers as n,
    p.net_sales as money,
    p.segment,
    k.whole,
    k.caveat,
    p.net_sales_share - p.share as effect
from segment_profile as p
cross join known_customers as k
where p.net_sales_share > p.share and p.segment_id > 0
