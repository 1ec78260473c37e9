-- Which day is the shop's as-of date, and on which day was the first order shipped?
select (select max(date) from dim_date where is_as_of) as as_of, min(o.shipped_at::date) as first_day
from orders as o
join fct_orders as f on f.order_id = o.order_id
where
    f.is_valid
    and o.shipped_at::date >= f.order_date
    and o.shipped_at::date <= (select max(date) from dim_date where is_as_of)
