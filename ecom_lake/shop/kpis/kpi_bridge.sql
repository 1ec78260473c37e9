-- Why did net sales change between two months: customers, orders, units per order, prices, mix or discounts?
with
months as (
    select
        month,
        coalesce(new_customers, 0) as n,
        coalesce(returning_customers, 0) as r,
        coalesce(customers, 0) as c,
        orders as o,
        anonymous_orders as a,
        orders - anonymous_orders as p,
        units as u,
        gross_sales as g,
        coalesce(discounts, 0) as d,
        net_sales,
        year(month) * 12 + month(month) as number
    from kpi_monthly
    where is_complete
),

-- Each complete month with the previous month and with the same month a year earlier, if units were sold then.
pairs as (
    select b.month as from_month, a.month as to_month, b.number as from_number, a.number as to_number
    from months as a
    join months as b on b.number = a.number - 1 or b.number = a.number - 12
    where b.u > 0
),

product_months as (
    select year(month) * 12 + month(month) as number, product_id, sum(gross_sales)::decimal(38, 2) as g, sum(quantity) as u
    from fct_sales
    where is_valid
    group by month, product_id
),

-- The price effect: units of the later month times the change in price, over products sold in both months, summed exactly.
prices as (
    select
        p.from_month,
        p.to_month,
        round(sum(t.g - ((t.u * f.g)::double / f.u)::decimal(28, 10)), 2)::decimal(18, 2) as effect
    from pairs as p
    join product_months as t on t.number = p.to_number
    join product_months as f on f.number = p.from_number and f.product_id = t.product_id
    group by p.from_month, p.to_month
),

-- A customer counts with the earlier month's orders per customer, at its gross sales per order. Where that month has no customer,
-- the orders per customer are those of the later month. Without anonymous orders the customers' share is 1.
worth as (
    select
        p.from_month,
        p.to_month,
        case when f.c > 0 then f.c when t.c > 0 then t.c else 1 end as c,
        case when f.c > 0 then f.p else t.p end::double / f.o as customers_share
    from pairs as p
    join months as f on f.number = p.from_number
    join months as t on t.number = p.to_number
),

effects as (
    select
        p.from_month,
        p.to_month,
        round(((t.n - f.n) * f.g)::double / w.c * w.customers_share, 2)::decimal(18, 2) as new,
        round(((t.r - f.r) * f.g)::double / w.c * w.customers_share, 2)::decimal(18, 2) as returning_people,
        round((t.p * f.g)::double / f.o - (t.c * f.g)::double / w.c * w.customers_share, 2)::decimal(18, 2) as orders_per_customer,
        round(((t.a - f.a) * f.g)::double / f.o, 2)::decimal(18, 2) as anonymous,
        round((t.u * f.g)::double / f.u - (t.o * f.g)::double / f.o, 2)::decimal(18, 2) as units_per_order,
        coalesce(prices.effect, 0)::decimal(18, 2) as price,
        f.d - t.d as discount,
        t.net_sales - f.net_sales as change
    from pairs as p
    join months as f on f.number = p.from_number
    join months as t on t.number = p.to_number
    join worth as w on w.from_month = p.from_month and w.to_month = p.to_month
    left join prices on prices.from_month = p.from_month and prices.to_month = p.to_month
),

drivers as (
    select from_month, to_month, 1 as driver_order, 'new' as driver, new as effect from effects
    union all
    select from_month, to_month, 2, 'returning', returning_people from effects
    union all
    select from_month, to_month, 3, 'orders_per_customer', orders_per_customer from effects
    union all
    select from_month, to_month, 4, 'units_per_order', units_per_order from effects
    union all
    select from_month, to_month, 5, 'price', price from effects
    union all
    select
        from_month,
        to_month,
        6,
        'mix',
        change - new - returning_people - orders_per_customer - anonymous - units_per_order - price - discount
    from effects
    union all
    -- Only in a shop that knows the amounts of its discounts.
    select from_month, to_month, 7, 'discount', discount
    from effects
    where (select has_discount_amounts from data_availability)
    union all
    -- Only in a shop with anonymous orders.
    select from_month, to_month, 8, 'anonymous', anonymous
    from effects
    where (select sum(anonymous_orders) from kpi_monthly) > 0
)

select from_month, to_month, driver, driver_order, effect
from drivers
