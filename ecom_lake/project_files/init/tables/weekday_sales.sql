-- On which weekday do customers buy?
select
    isodow(o.order_date) as weekday,
    dayname(o.order_date) as weekday_name,
    count(*) as orders,
    cast(sum(o.net_sales) as decimal(18, 2)) as net_sales
from fct_orders as o
where o.is_valid and o.order_date is not null
group by isodow(o.order_date), dayname(o.order_date)
