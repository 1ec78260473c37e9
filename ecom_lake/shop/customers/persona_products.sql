-- Which categories do the customers of each persona buy?
with
-- Only customers with several lines can be counted twice: only they keep their identifiers.
bought as (
    select
        m.persona,
        s.category,
        case when m.items > 1 then s.customer_id end as customer_id,
        s.quantity,
        s.net_sales
    from fct_sales as s
    join customer_metrics as m on m.customer_id = s.customer_id
    cross join reporting_period
    where s.is_valid and coalesce(s.order_date <= reporting_period.as_of, true)
),

sums as (
    select
        persona,
        category,
        count(*) - count(customer_id) + count(distinct customer_id) as customers,
        sum(quantity)::bigint as units,
        sum(net_sales)::decimal(18, 2) as net_sales
    from bought
    group by persona, category
)

select
    persona,
    category,
    customers,
    units,
    net_sales,
    net_sales::double / nullif(sum(net_sales) over (partition by persona), 0)::double as share
from sums
