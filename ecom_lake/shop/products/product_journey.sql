-- After buying from one category, from which category do customers buy next?
with
-- Only customers with a second purchase have a next one. Orders of one day are one purchase.
came_back as (
    select distinct customer_id
    from fct_orders
    where is_valid and purchase_number = 2 and order_date is not null
),

bought as (
    select distinct s.customer_id, o.purchase_number, s.order_date, s.category
    from fct_sales as s
    join fct_orders as o on o.order_id = s.order_id
    where s.is_valid and s.order_date is not null and s.customer_id in (select customer_id from came_back)
),

-- A purchase without lines, before or after, has no category.
steps as (
    select
        bought.customer_id,
        bought.category as from_category,
        later.category as to_category,
        date_diff('day', bought.order_date, later.order_date) as days
    from bought
    join bought as later
        on later.customer_id = bought.customer_id and later.purchase_number = bought.purchase_number + 1
),

went_on as (
    select from_category, count(distinct customer_id) as from_customers
    from steps
    group by from_category
),

pairs as (
    select
        from_category,
        to_category,
        count(distinct customer_id) as customers,
        count(*) as steps,
        quantile_cont(days::double, 0.5) as median_days
    from steps
    group by from_category, to_category
)

select
    p.from_category,
    p.to_category,
    p.customers,
    p.steps,
    w.from_customers,
    p.customers::double / w.from_customers as share,
    p.median_days
from pairs as p
join went_on as w on w.from_category = p.from_category
