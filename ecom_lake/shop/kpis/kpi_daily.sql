-- How much did the shop sell on each day, from the first order to the last?
with
sums as (
    select
        order_date,
        count(*) filter (where is_valid) as orders,
        count(*) filter (where opens_purchase) as customers,
        sum(units) filter (where is_valid) as units,
        sum(gross_sales) filter (where is_valid)::decimal(18, 2) as gross_sales,
        sum(discounts) filter (where is_valid)::decimal(18, 2) as discounts,
        sum(net_sales) filter (where is_valid)::decimal(18, 2) as net_sales,
        sum(freight) filter (where is_valid)::decimal(18, 2) as freight,
        sum(gmv) filter (where is_valid)::decimal(18, 2) as gmv
    from fct_orders
    group by order_date
)

select
    d.date,
    coalesce(s.orders, 0) as orders,
    case when s.customers > 0 or coalesce(s.orders, 0) = 0 then coalesce(s.customers, 0) end as customers,
    coalesce(s.units, 0) as units,
    coalesce(s.gross_sales, 0) as gross_sales,
    case when availability.has_discount_amounts then coalesce(s.discounts, 0) end as discounts,
    coalesce(s.net_sales, 0) as net_sales,
    coalesce(s.freight, 0) as freight,
    coalesce(s.gmv, 0) as gmv,
    s.net_sales::double / nullif(s.orders, 0) as aov
from dim_date as d
cross join data_availability as availability
left join sums as s on s.order_date = d.date
where d.date between (select min(order_date) from sums) and (select max(order_date) from sums)
