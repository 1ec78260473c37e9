-- Which share of net sales comes from the top decile of customers?
select
    'decile=' || decile as row_key,
    share as value,
    customers as n,
    net_sales as money
from customer_concentration
where decile = 1
