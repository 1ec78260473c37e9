-- By category of the first order, how many customers buy again, and what do they spend in a year?
with
first_orders as (
    select o.order_id, o.customer_id, o.order_date, date_diff('day', o.order_date, reporting_period.as_of) as known_days
    from fct_orders as o
    cross join reporting_period
    where o.is_first_order and o.order_date <= reporting_period.as_of
),

-- The second purchase opens with its first order, whose gap is the time since the first purchase.
second_purchases as (
    select customer_id, gap_days
    from fct_orders
    where opens_purchase and purchase_number = 2
),

first_years as (
    select f.customer_id, sum(o.net_sales)::decimal(18, 2) as net_sales
    from first_orders as f
    join fct_orders as o on o.customer_id = f.customer_id
    where f.known_days >= 365 and o.is_valid and date_diff('day', f.order_date, o.order_date) <= 365
    group by f.customer_id
),

people as (
    select
        f.order_id,
        f.known_days >= 90 as known_90d,
        f.known_days >= 365 as known_365d,
        coalesce(second_purchases.gap_days <= 90, false) as repeated_90d,
        coalesce(second_purchases.gap_days <= 365, false) as repeated_365d,
        first_years.net_sales as net_sales_365d
    from first_orders as f
    left join second_purchases on second_purchases.customer_id = f.customer_id
    left join first_years on first_years.customer_id = f.customer_id
),

held as (
    select distinct order_id, category
    from fct_sales
    where is_valid and order_id in (select order_id from first_orders)
),

sums as (
    select
        held.category,
        count(*) as customers,
        count(*) filter (where p.known_90d) as customers_90d,
        count(*) filter (where p.known_90d and p.repeated_90d) as repeated_90d,
        count(*) filter (where p.known_365d) as customers_365d,
        count(*) filter (where p.known_365d and p.repeated_365d) as repeated_365d,
        sum(p.net_sales_365d)::decimal(18, 2) as net_sales_365d
    from held
    join people as p on p.order_id = held.order_id
    group by held.category
)

select
    category,
    customers,
    customers_90d,
    repeated_90d::double / nullif(customers_90d, 0) as repeat_rate_90d,
    customers_365d,
    repeated_365d::double / nullif(customers_365d, 0) as repeat_rate_365d,
    net_sales_365d::double / nullif(customers_365d, 0) as net_sales_per_customer_365d
from sums
