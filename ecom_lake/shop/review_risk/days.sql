-- Which day is the shop's as-of date, and on which day was the first order shipped?
select (select as_of from reporting_period) as as_of, min(o.shipped_at::date) as first_day
from orders as o
join fct_orders as f on f.order_id = o.order_id
where
    f.is_valid
    and o.shipped_at::date >= f.order_date
    and o.shipped_at::date <= (select as_of from reporting_period)
