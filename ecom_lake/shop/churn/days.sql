-- Which day is the shop's as-of date, and on which day was the first order of a customer known by then?
select (select as_of from reporting_period) as as_of, min(order_date) as first_day
from fct_orders
where is_valid and customer_id is not null and order_date <= (select as_of from reporting_period)
