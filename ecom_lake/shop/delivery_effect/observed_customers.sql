-- How many customers with equal characteristics were exposed, ordered again in time, and were observed for all $days days?
with
observed as (
    select
        month,
        state,
        same_state,
        price,
        freight,
        items,
        category,
        seller,
        placebo,
        is_late,
        as_of,
        reorder_date,
        case when $exposure = 'late_delivery' then is_late else is_low_score end as exposed,
        case when $exposure = 'late_delivery' then delivered_date else answered_date end as since
    from first_deliveries
)

select
    exposed,
    coalesce(reorder_date <= since + $days, false) as reordered,
    placebo,
    month,
    state,
    same_state,
    price,
    freight,
    items,
    category,
    seller,
    is_late::varchar as late,
    count(*) as people
from observed
where exposed is not null and since + $days <= as_of
group by
    exposed,
    coalesce(reorder_date <= since + $days, false),
    placebo,
    month,
    state,
    same_state,
    price,
    freight,
    items,
    category,
    seller,
    is_late::varchar
