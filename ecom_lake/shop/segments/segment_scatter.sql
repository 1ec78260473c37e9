-- How many customers of each segment bought how long ago and spent how much?
-- Spend is binned at ten preferred numbers (R10) in each power of ten, so that bins are of equal width on a logarithmic scale;
-- recency at the squares 0, 1, 4, 9 … of days.
with
steps as (
    select 100 as hundredths, 125 as following
    union all select 125, 160
    union all select 160, 200
    union all select 200, 250
    union all select 250, 315
    union all select 315, 400
    union all select 400, 500
    union all select 500, 630
    union all select 630, 800
    union all select 800, 1000
),

powers as (
    select 1::bigint as power
    union all select 10
    union all select 100
    union all select 1000
    union all select 10000
    union all select 100000
    union all select 1000000
    union all select 10000000
    union all select 100000000
    union all select 1000000000
    union all select 10000000000
),

bins as (
    select
        (hundredths * power / 100)::decimal(18, 2) as spend_from,
        (following * power / 100)::decimal(18, 2) as spend_to
    from steps
    cross join powers
    union all
    select 0::decimal(18, 2), 1::decimal(18, 2)
),

-- Few customers have an amount of their own: the bins are found for each amount once.
amounts as (
    select
        s.segment_id,
        floor(sqrt(m.recency_days::double))::bigint as root,
        m.net_sales as amount,
        max(s.segment) as segment,
        count(*) as customers
    from customer_segments as s
    join customer_metrics as m on m.customer_id = s.customer_id
    group by s.segment_id, floor(sqrt(m.recency_days::double))::bigint, m.net_sales
)

select
    a.segment_id,
    max(a.segment) as segment,
    a.root * a.root as recency_from,
    (a.root + 1) * (a.root + 1) as recency_to,
    b.spend_from,
    b.spend_to,
    sum(a.customers)::bigint as customers,
    sum(a.customers * a.amount)::decimal(18, 2) as net_sales
from amounts as a
join bins as b on b.spend_from <= a.amount and a.amount < b.spend_to
group by a.segment_id, a.root, b.spend_from, b.spend_to
