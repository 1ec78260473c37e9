-- Which share of a column's values is NULL in each month?
select
    month,
    count(*) filter (where value is null)::double / count(*) as value,
    0.5 / sqrt(count(*)) as standard_error
from measured
group by month
