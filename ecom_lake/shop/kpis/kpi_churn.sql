-- At each month's end, how many customers had not bought for longer than each horizon?
with
month_ends as (
    select date as as_of
    from dim_date
    where is_snapshot_date
),

-- A purchase replaces the customer's previous purchase as the latest one.
purchases as (
    select order_date, previous_order_date, gap_days, least(purchase_number, 3) as purchase_number, count(*) as purchases
    from fct_orders
    where opens_purchase and order_date is not null
    group by order_date, previous_order_date, gap_days, least(purchase_number, 3)
),

known as (
    select
        e.as_of,
        min(p.order_date) as first_date,
        sum(p.purchases) filter (where p.purchase_number = 1)::bigint as customers,
        coalesce(sum(p.purchases) filter (where p.purchase_number = 2), 0)::bigint as repeaters
    from month_ends as e
    join purchases as p on p.order_date <= e.as_of
    group by e.as_of
),

sold as (
    select min(order_date) as first_date
    from fct_orders
    where is_valid
),

-- 80th percentile of the gaps up to the month's end; rounded, so that interpolation leaves no stray digits.
gaps as (
    select e.as_of, round(quantile_cont(o.gap_days::double, 0.8), 6) as p80
    from month_ends as e
    join fct_orders as o on o.gap_days is not null and o.order_date <= e.as_of
    group by e.as_of
),

horizons as (
    select e.as_of, 'P80' as horizon, g.p80 as threshold_days
    from month_ends as e
    left join gaps as g on g.as_of = e.as_of
    union all
    select e.as_of, cast(s.churn_short_days as varchar), s.churn_short_days::double
    from month_ends as e
    cross join settings as s
    union all
    select e.as_of, cast(s.churn_medium_days as varchar), s.churn_medium_days::double
    from month_ends as e
    cross join settings as s
    union all
    select e.as_of, cast(s.churn_long_days as varchar), s.churn_long_days::double
    from month_ends as e
    cross join settings as s
),

-- Purchases older than the threshold, less those that were followed by a purchase older than it.
lapsed as (
    select
        h.as_of,
        h.horizon,
        sum(
            case when date_diff('day', p.order_date, h.as_of) > h.threshold_days then p.purchases else 0 end
            - case when date_diff('day', p.previous_order_date, h.as_of) > h.threshold_days then p.purchases else 0 end
        )::bigint as people
    from horizons as h
    join purchases as p on p.order_date <= h.as_of
    where h.threshold_days is not null
    group by h.as_of, h.horizon
),

-- While the first purchase is no older than the threshold, nobody can have lapsed. Where all orders so far are anonymous, the
-- number of customers is not known.
counted as (
    select
        h.as_of,
        h.horizon,
        h.threshold_days,
        case when k.customers > 0 then k.customers when sold.first_date <= h.as_of then null else 0 end as customers,
        case when date_diff('day', k.first_date, h.as_of) > h.threshold_days then l.people end as lapsed,
        k.repeaters
    from horizons as h
    cross join sold
    left join known as k on k.as_of = h.as_of
    left join lapsed as l on l.as_of = h.as_of and l.horizon = h.horizon
)

select
    as_of,
    horizon,
    threshold_days,
    customers,
    lapsed,
    lapsed::double / nullif(customers, 0) as churn_rate,
    repeaters::double / nullif(customers, 0) as repeat_purchase_rate
from counted
