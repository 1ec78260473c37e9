-- Do customers with a late first delivery, or a low score for it, order again less often than comparable customers?
with
history as (
    select
        count(*) as months,
        sum(net_sales)::decimal(18, 2)::double / nullif(sum(orders), 0) as aov
    from complete_months
)

select
    'exposure=' || e.exposure || ', outcome=' || e.outcome as row_key,
    e.adjusted_rd as value,
    0.0 as baseline,
    e.adjusted_rd as effect,
    e.ci_low as low,
    e.ci_high as high,
    (e.ci_high - e.ci_low) / 3.92 as error,
    0.0 as against,
    e.n_exposed as n,
    e.days as days_watched,
    e.rate_exposed,
    e.rate_unexposed,
    case e.exposure
        when 'late_delivery' then 'customers with a late first delivery'
        else 'customers who gave their first order a low score'
    end as exposed,
    case e.exposure
        when 'late_delivery' then 'Promise delivery dates that can be kept, and compensate customers for a late first delivery.'
        else 'Contact customers who give their first order a low score, and find out why.'
    end as action,
    -- The lower bound: a gain is stated as the most that it could be.
    -e.ci_low * e.n_exposed * h.aov / nullif(h.months, 0) as gain
from delivery_effect as e
cross join history as h
