-- How much of the revenue comes from the top decile of customers, and from each decile after it?
with
-- Customers with equal net sales are counted together: their number is enough, and the ranks that they take, from 0.
spent as (
    select
        net_sales,
        count(*) as customers,
        sum(count(*)) over (order by net_sales desc) - count(*) as first_place,
        sum(count(*)) over (order by net_sales desc) as end_place
    from customer_metrics
    group by net_sales
),

whole as (
    select count(*) as customers, sum(net_sales)::decimal(18, 2) as net_sales
    from customer_metrics
),

-- The customer with rank i is in decile 1 + 10 * i // customers.
tenths as (
    select
        decile,
        ((decile - 1) * customers + 9) // 10 as first_place,
        (decile * customers + 9) // 10 as end_place
    from whole
    cross join unnest(generate_series(1, 10)) as deciles (decile)
),

members as (
    select
        t.decile,
        s.net_sales,
        greatest(s.first_place, t.first_place) as first_place,
        least(s.end_place, t.end_place) as end_place
    from spent as s
    join tenths as t on s.first_place < t.end_place and t.first_place < s.end_place
    where t.first_place < t.end_place
),

-- The Gini coefficient sums net sales times (customers with lower net sales - customers with higher net sales).
sums as (
    select
        m.decile,
        sum(m.end_place - m.first_place)::bigint as customers,
        sum((m.end_place - m.first_place) * m.net_sales)::decimal(18, 2) as net_sales,
        sum((m.end_place - m.first_place) * (w.customers - m.first_place - m.end_place) * m.net_sales)::decimal(38, 2) as lead_sales
    from members as m
    cross join whole as w
    group by m.decile
)

select
    s.decile,
    s.customers,
    s.net_sales,
    s.net_sales::double / nullif(w.net_sales, 0) as share,
    (sum(s.net_sales) over (order by s.decile))::double / nullif(w.net_sales, 0) as cumulative_share,
    s.lead_sales::double / nullif(w.customers * w.net_sales, 0) as gini_part
from sums as s
cross join whole as w
