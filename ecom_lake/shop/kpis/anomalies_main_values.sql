-- Which values of a column have a large share of the rows, on average over the months?
with
counts as (
    select
        month,
        value::varchar as label,
        count(*) as n
    from measured
    group by month, value::varchar
),

totals as (
    select
        month,
        sum(n)::bigint as n
    from counts
    group by month
),

shares as (
    select
        c.label,
        (c.n::double / t.n)::decimal(38, 18) as share
    from counts as c
    join totals as t on t.month is not distinct from c.month
),

months as (
    select count(distinct month) as n
    from counts
),

labels as (
    select
        label,
        sum(share)::decimal(38, 18) as share
    from shares
    where label is not null
    group by label
)

select l.label
from labels as l
cross join months as m
where l.share >= $main_share * m.n
order by l.share desc, l.label
limit $most_values
