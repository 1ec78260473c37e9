-- Which customers ordered after the day $after, up to the day $until?
select distinct customer_id
from fct_orders
where is_valid and customer_id is not null and order_date > $after and order_date <= $until
