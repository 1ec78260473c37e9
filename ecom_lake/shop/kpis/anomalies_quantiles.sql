-- What are the median and the 95th percentile of a column in each month, and how precise are they on the logarithmic scale?
with
amounts as (
    select
        month,
        value::double as amount
    from measured
    where value >= 0 and month is not null
),

quantiles as (
    select
        month,
        count(*) as n,
        quantile_cont(amount, 0.5) as median,
        quantile_cont(amount, 0.95) as p95,
        quantile_cont(ln(amount + $offset), 0.75) - quantile_cont(ln(amount + $offset), 0.25) as interquartile_range
    from amounts
    group by month
)

-- The standard error of the 95th percentile is larger, because the tail is sparse.
select
    'median' as label,
    month,
    median as value,
    1.25::double / sqrt(n) * interquartile_range / 1.349 + $rounding_error / (1 + median) as standard_error
from quantiles
union all
select
    'p95',
    month,
    p95,
    3.0::double / sqrt(n) * interquartile_range / 1.349 + $rounding_error / (1 + p95)
from quantiles
