-- Whose orders were delivered late more often than those of all other sellers in the same months?
with
sellers as (
    select
        row_key,
        sum(trials) as trials,
        sum(hits) as hits,
        sum(other_trials) as rest_trials,
        sum(expected::decimal(38, 18))::double / sum(trials) as baseline
    from days
    group by row_key
    having min(other_trials) > 0
),

-- The table covers the whole history. With an explicit as-of date in the past it includes orders that were not known then.
history as (
    select
        (select count(*) from complete_months) as months,
        coalesce((select max(complete_months) from reporting_period), 0) as complete_months
)

select
    s.row_key,
    c.late_rate as value,
    s.baseline,
    s.hits,
    s.trials,
    s.baseline * s.rest_trials as rest_hits,
    s.rest_trials,
    s.trials as n,
    c.net_sales * c.late_rate as money,
    c.seller_id,
    (s.hits - s.trials * s.baseline) * c.net_sales / nullif(c.orders, 0) / nullif(h.months, 0) as gain,
    case
        when h.complete_months > h.months then 'The numbers include orders of months that ended after the as-of date.'
    end as weak_because
from seller_scorecard as c
join sellers as s on s.row_key = 'seller_id=' || c.seller_id
cross join history as h
where s.hits > s.trials * s.baseline and s.trials >= 30
