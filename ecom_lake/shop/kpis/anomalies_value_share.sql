-- Which share of a column's values is a certain one in each month?
select
    month,
    count(*) filter (where value::varchar = $label)::double / count(*) as value,
    0.5 / sqrt(count(*)) as standard_error
from measured
group by month
