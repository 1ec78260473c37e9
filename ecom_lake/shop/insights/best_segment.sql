-- Which segments account for a larger share of net sales than of the customers?
select
    'segment_id=' || segment_id as row_key,
    net_sales_share as value,
    share as baseline,
    customers as n,
    net_sales as money,
    segment,
    net_sales_share - share as effect
from segment_profile
where net_sales_share > share and segment_id > 0
