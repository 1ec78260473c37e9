-- How many customers are in each RFM segment, and how much do they spend?
with
sums as (
    select
        segment,
        count(*) as customers,
        sum(monetary)::decimal(18, 2) as net_sales,
        sum(recency_days) as recency_days,
        sum(frequency) as purchases
    from rfm
    group by segment
),

totals as (
    select sum(customers) as customers, sum(net_sales)::decimal(18, 2) as net_sales
    from sums
)

select
    s.segment,
    s.customers,
    s.customers::double / t.customers as share,
    s.net_sales,
    s.net_sales::double / nullif(t.net_sales, 0) as net_sales_share,
    s.recency_days::double / s.customers as avg_recency_days,
    s.purchases::double / s.customers as avg_frequency,
    s.net_sales::double / s.customers as avg_monetary
from sums as s
cross join totals as t
