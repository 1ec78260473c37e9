-- Which values of a column have a large share of the rows on average over the months, and which share has each in each month?
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

labels as (
    select
        label,
        sum(share)::decimal(38, 18) as share
    from shares
    where label is not null
    group by label
),

main as (
    select label
    from labels
    where share >= $main_share * (select count(distinct month) from totals)
    order by share desc, label
    limit $most_values
)

select
    main.label,
    t.month,
    coalesce(c.n, 0)::double / t.n as value,
    0.5 / sqrt(t.n) as standard_error
from main
cross join totals as t
left join counts as c on c.label = main.label and c.month is not distinct from t.month
