-- Which share of the values of each column is NULL in each month?
select
    label,
    month,
    nulls::double / n as value,
    0.5 / sqrt(n) as standard_error
from measured
