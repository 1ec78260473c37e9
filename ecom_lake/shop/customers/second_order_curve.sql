-- How long does it take until customers buy a second time, with one-time buyers censored at the as-of date?
with
first_two as (
    select purchase_number, order_date, previous_order_date, gap_days, as_of
    from fct_orders
    cross join reporting_period
    where opens_purchase and purchase_number <= 2 and order_date <= as_of
),

-- Customers are followed until the as-of date, or until their second purchase.
ends as (
    select date_diff('day', order_date, as_of) as day, 0 as events, count(*) as censored
    from first_two
    where purchase_number = 1
    group by date_diff('day', order_date, as_of)
    union all
    select date_diff('day', previous_order_date, as_of), 0, -count(*)
    from first_two
    where purchase_number = 2
    group by date_diff('day', previous_order_date, as_of)
    union all
    select gap_days, count(*), 0
    from first_two
    where purchase_number = 2
    group by gap_days
),

daily as (
    select days.day, coalesce(sum(ends.events), 0)::bigint as events, coalesce(sum(ends.censored), 0)::bigint as censored
    from unnest(generate_series(0, (select max(day) from ends))) as days (day)
    left join ends on ends.day = days.day
    group by days.day
),

watched as (
    select day, events, censored, (sum(events + censored) over (order by day desc))::bigint as at_risk
    from daily
),

-- The Kaplan-Meier product, as a sum of logarithms, and Greenwood's sum for its variance; both end where nobody is at risk.
estimated as (
    select
        day,
        at_risk,
        events,
        censored,
        min(at_risk - events) over so_far as survivors,
        (sum(ln(nullif(at_risk - events, 0)::double / at_risk)::decimal(28, 20)) over so_far)::double as log_survival,
        (sum((events::double / (at_risk * nullif(at_risk - events, 0)))::decimal(28, 24)) over so_far)::double as variance
    from watched
    where at_risk > 0
    window so_far as (order by day)
)

-- Log-log bounds stay between 0 and 1. They are rounded, so that engines with different logarithms give equal values.
select
    day,
    at_risk,
    events,
    censored,
    case when survivors = 0 then 0 else round(exp(log_survival), 10) end as survival,
    case
        when survivors > 0 and log_survival < 0
            then round(exp(log_survival * exp(1.959963984540054 * sqrt(variance) / -log_survival)), 10)
    end as ci_low,
    case
        when survivors > 0 and log_survival < 0
            then round(exp(log_survival * exp(-1.959963984540054 * sqrt(variance) / -log_survival)), 10)
    end as ci_high
from estimated
