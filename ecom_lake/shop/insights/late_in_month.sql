-- Which share of the last settled month's orders was delivered late, and which share in the three months before?
with
months as (
    select
        month,
        sum(late_orders) as late,
        sum(promised_orders) as promised
    from delivery_performance
    group by month
),

windows as (
    select
        k.month,
        k.late_rate,
        k.aov,
        m.late,
        m.promised,
        sum(m.late) over before as rest_hits,
        sum(m.promised) over before as rest_trials,
        min(k.month) over before as first_before,
        max(k.month) over before as last_before
    from complete_months as k
    join months as m on m.month = k.month
    where k.is_settled
    window before as (order by k.month rows between 3 preceding and 1 preceding)
)

select
    'month=' || month as row_key,
    late_rate as value,
    rest_hits::double / nullif(rest_trials, 0) as baseline,
    late as hits,
    promised as trials,
    rest_hits,
    rest_trials,
    promised as n,
    late * aov as money,
    month,
    first_before,
    last_before,
    (late - promised * rest_hits::double / nullif(rest_trials, 0)) * aov as gain
from windows
order by month desc
limit 1
