-- How much was sold to customers up to the as-of date, for how much of it is the cost known, and what did that cost?
select
    sum(net_sales)::decimal(18, 2)::double as net_sales,
    sum(costed_sales)::decimal(18, 2)::double as costed_sales,
    sum(cogs)::decimal(18, 2)::double as cogs
from fct_orders
where is_valid and customer_id is not null and order_date <= (select as_of from reporting_period)
