-- What is a quantile of a column's values in each month, and how precise is it on the logarithmic scale?
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
        quantile_cont(amount, $quantile) as value,
        quantile_cont(ln(amount + $offset), 0.75) - quantile_cont(ln(amount + $offset), 0.25) as interquartile_range
    from amounts
    group by month
)

select
    month,
    value,
    $error_factor / sqrt(n) * interquartile_range / 1.349 + $rounding_error / (1 + value) as standard_error
from quantiles
