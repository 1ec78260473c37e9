-- Who has ordered up to the as-of date, when first, and in which of 256 random buckets is each customer?
-- `person` numbers the customers, since numbers are grouped faster than ids. The bucket is the first byte of a hash of the id:
-- resampling buckets is resampling customers, at little cost.
with customers as (
    select customer_id, md5(customer_id) as digest, min(order_date) as first_date
    from fct_orders
    where is_valid and customer_id is not null and order_date <= (select as_of from reporting_period)
    group by customer_id
)

select
    customer_id,
    row_number() over (order by customer_id) as person,
    16 * (strpos('0123456789abcdef', substr(digest, 1, 1)) - 1) + strpos('0123456789abcdef', substr(digest, 2, 1)) - 1 as bucket,
    first_date
from customers
