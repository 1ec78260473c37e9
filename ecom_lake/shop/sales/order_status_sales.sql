-- What are the net sales of the orders of each status, and how old are they?
with
sums as (
    select
        status,
        count(*) as orders,
        count(*) filter (where is_valid) as valid_orders,
        sum(net_sales)::decimal(18, 2) as net_sales,
        coalesce(sum(net_sales) filter (where is_valid), 0)::decimal(18, 2) as valid_net_sales,
        quantile_cont(case when order_date <= as_of then date_diff('day', order_date, as_of)::double end, 0.5) as median_age_days
    from fct_orders
    cross join reporting_period
    group by status
),

whole as (
    select sum(net_sales)::decimal(18, 2) as net_sales
    from sums
)

select
    s.status,
    s.orders,
    s.valid_orders,
    s.net_sales,
    s.valid_net_sales,
    s.net_sales::double / nullif(w.net_sales, 0) as share,
    s.median_age_days
from sums as s
cross join whole as w
