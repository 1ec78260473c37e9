-- How recently, how often and for how much has each customer bought, and which RFM segment is that?
with
people as (
    select customer_id, last_order_date, recency_days, purchases as frequency, net_sales as monetary, m
    from customer_metrics
),

-- Equal customers have equal ranks, and so equal scores on every engine. The oldest latest purchase has rank 1.
ranked as (
    select
        people.*,
        rank() over (order by last_order_date nulls first) as recency_rank,
        count(*) over () as everybody
    from people
),

scored as (
    select
        ranked.*,
        1 + 5 * (recency_rank - 1) // everybody as r,
        case
            when frequency >= rfm_f5 then 5
            when frequency >= rfm_f4 then 4
            when frequency >= rfm_f3 then 3
            when frequency >= rfm_f2 then 2
            else 1
        end as f
    from ranked
    cross join settings
)

select
    s.customer_id,
    reporting_period.as_of,
    s.recency_days,
    s.frequency,
    s.monetary,
    s.r,
    s.f,
    s.m,
    c.rfm_code,
    c.segment
from scored as s
join rfm_codes as c on c.r = s.r and c.f = s.f and c.m = s.m
cross join reporting_period
