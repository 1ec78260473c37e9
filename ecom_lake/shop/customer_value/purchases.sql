-- On which days did each customer buy up to the as-of date, and for how much?
-- A purchase is all valid orders of a customer on one day.
select
    c.person,
    c.bucket,
    c.first_date,
    o.order_date,
    sum(o.net_sales)::decimal(18, 2) as spent
from fct_orders as o
join value_customers as c on c.customer_id = o.customer_id
where o.is_valid and o.order_date <= (select as_of from reporting_period)
group by c.person, c.bucket, c.first_date, o.order_date
