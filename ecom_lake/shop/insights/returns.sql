-- Which categories are returned more often than all others together?
with
members as (
    select
        member,
        dimension,
        return_rate,
        returned_orders,
        returned_sales,
        returned_orders + delivered_orders as returnable
    from returns_leakage
    where dimension = 'category' and member <> 'unknown'
),

whole as (
    select
        sum(returned_orders) as returned,
        sum(returnable) as returnable
    from members
),

-- The table covers the whole history. With an explicit as-of date in the past it includes orders that were not known then.
history as (
    select
        (select count(*) from complete_months) as months,
        coalesce((select max(complete_months) from reporting_period), 0) as complete_months
)

select
    'dimension=' || m.dimension || ', member=' || m.member as row_key,
    m.return_rate as value,
    (w.returned - m.returned_orders)::double / nullif(w.returnable - m.returnable, 0) as baseline,
    m.returned_orders as hits,
    m.returnable as trials,
    w.returned - m.returned_orders as rest_hits,
    w.returnable - m.returnable as rest_trials,
    m.returnable as n,
    m.returned_sales as money,
    m.member,
    (m.returned_orders - m.returnable * (w.returned - m.returned_orders)::double / nullif(w.returnable - m.returnable, 0))
    * m.returned_sales::double / nullif(m.returned_orders, 0) / nullif(h.months, 0) as gain,
    case
        when h.complete_months > h.months then 'The numbers include orders of months that ended after the as-of date.'
    end as weak_because
from members as m
cross join whole as w
cross join history as h
where m.returned_orders * w.returnable > w.returned * m.returnable
