-- Which day is the shop's as-of date, and on which day was the first order known by then?
select (select max(date) from dim_date where is_as_of) as as_of, min(order_date) as first_day
from fct_orders
where is_valid and order_date <= (select max(date) from dim_date where is_as_of)
