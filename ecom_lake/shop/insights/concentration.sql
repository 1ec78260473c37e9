-- Which share of the net sales of known customers comes from the top decile of customers?
select
    'decile=' || c.decile as row_key,
    c.share as value,
    c.customers as n,
    c.net_sales as money,
    k.whole,
    k.caveat
from customer_concentration as c
cross join known_customers as k
where c.decile = 1
