-- How many days pass between a customer's orders, and between purchases?
with
gaps as (
    select date_diff('day', previous_order_date, order_date) as days, count(*) as orders
    from fct_orders
    cross join reporting_period
    where previous_order_date is not null and order_date <= as_of
    group by date_diff('day', previous_order_date, order_date)
),

-- Orders of one day are one purchase: purchases are at least one day apart.
kinds as (
    select 'orders' as kind, days, orders from gaps
    union all
    select 'purchases', days, orders from gaps where days > 0
),

-- All gaps in ascending order, numbered from 0: gaps of equal length take the places from first_place to before end_place.
placed as (
    select
        kind,
        days,
        sum(orders) over (partition by kind order by days) - orders as first_place,
        sum(orders) over (partition by kind order by days) as end_place
    from kinds
),

-- A percentile lies on a place, or some hundredths of the way to the next place.
wanted as (
    select
        kind,
        percentile,
        percentile * (max(end_place) - 1) // 100 as place,
        percentile * (max(end_place) - 1) % 100 as hundredths
    from placed
    cross join unnest(generate_series(0, 100)) as percentiles (percentile)
    group by kind, percentile
),

found as (
    select
        w.kind,
        w.percentile,
        ((100 - w.hundredths) * here.days + w.hundredths * coalesce(next.days, here.days))::double / 100 as gap_days
    from wanted as w
    join placed as here on here.kind = w.kind and w.place >= here.first_place and w.place < here.end_place
    left join placed as next on next.kind = w.kind and w.place + 1 >= next.first_place and w.place + 1 < next.end_place
)

select
    percentile,
    max(gap_days) filter (where kind = 'orders') as gap_days,
    max(gap_days) filter (where kind = 'purchases') as purchase_gap_days
from found
group by percentile
