-- Which driver contributed most to the change of net sales in the last complete month?
with
months as (
    select
        month,
        orders,
        net_sales,
        row_number() over (order by month) as place
    from kpi_monthly
),

pair as (
    select
        now.month,
        now.orders,
        now.net_sales,
        before.month as month_before,
        before.net_sales as sales_before
    from months as now
    join months as before on before.place = now.place - 1
    where now.month in (select max(month) from complete_months)
)

select
    'from_month=' || b.from_month || ', to_month=' || b.to_month || ', driver=' || b.driver as row_key,
    b.effect as value,
    0 as baseline,
    abs(b.effect) as money,
    -b.effect as gain,
    p.orders as n,
    abs(b.effect)::double / nullif(p.sales_before, 0)::double as effect,
    p.month,
    p.month_before,
    p.net_sales,
    p.sales_before,
    abs(b.effect) as size,
    case b.driver
        when 'new' then 'The number of new customers'
        when 'returning' then 'The number of returning customers'
        when 'orders_per_customer' then 'The number of orders per customer'
        when 'units_per_order' then 'The number of units per order'
        when 'price' then 'The price level'
        when 'mix' then 'The product mix'
        when 'anonymous' then 'The number of anonymous orders'
        else 'The level of discounts'
    end as driver
from kpi_bridge as b
join pair as p on p.month = b.to_month and p.month_before = b.from_month
where b.effect * (p.net_sales - p.sales_before) > 0
order by abs(b.effect) desc, b.driver_order
limit 1
