-- Which orders are of customers who had ordered before, and which order of the customer is each?
with
-- An order counts as a sale unless it has lines and all of them are not valid.
refused as (
    select bad.order_id
    from (select distinct order_id from order_items where not is_valid) as bad
    left join order_items as good on good.order_id = bad.order_id and good.is_valid
    where good.order_id is null
),

sales as (
    select order_id, customer_id, month, ordered_at, ordered_at::date as order_date
    from orders
    where is_valid and customer_id is not null and order_id not in (select order_id from refused)
),

-- An anonymous order has no earlier ones. Most customers order once, and their orders need no numbering. A purchase is all
-- orders of a customer on one date; an order without a date is a purchase of its own.
numbered as (
    select
        order_id,
        month,
        row_number() over orders_so_far as order_number,
        lag(order_date) over orders_so_far as previous_order_date,
        dense_rank() over (
            partition by customer_id
            order by order_date, case when order_date is null then order_id end
        ) as purchase_number
    from sales
    where customer_id in (select customer_id from sales group by customer_id having count(*) > 1)
    window orders_so_far as (partition by customer_id order by ordered_at, order_id)
)

select order_id, month, order_number, purchase_number, previous_order_date
from numbered
where order_number > 1
