-- Which campaign could be measured soonest, if it had the assumed effect?
with
smallest as (
    select min(uplift) as uplift
    from experiment_plan
    where testable
)

select
    'segment=' || p.segment || ', uplift=' || p.uplift as row_key,
    p.n_per_arm as value,
    2 * p.n_per_arm as n,
    p.segment,
    p.uplift as assumed,
    p.baseline_rate,
    p.treated_rate,
    coalesce(p.days_needed, 0) as days_needed,
    s.uplift as smallest_uplift,
    case
        when not p.testable then
            case
                when p.days_needed is null
                    then 'An increase of {assumed:percent} takes {n} customers to measure, more than will ever be available.'
                else 'An increase of {assumed:percent} takes {n} customers and {days_needed} days to measure.'
            end
            || case
                when s.uplift is not null
                    then ' The smallest increase that can be measured in time is {smallest_uplift:percent}.'
                else ''
            end
    end as weak_because
from experiment_plan as p
cross join smallest as s
where abs(p.uplift - $experiment_uplift) < 0.000001
order by p.testable desc, p.days_needed nulls last, p.segment
limit 1
