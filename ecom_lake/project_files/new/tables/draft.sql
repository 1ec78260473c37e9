-- Which question does this table answer?
select
    month,
    count(*) as orders,
    cast(sum(net_sales) as decimal(18, 2)) as net_sales
from fct_orders
where is_valid and month is not null
group by month
