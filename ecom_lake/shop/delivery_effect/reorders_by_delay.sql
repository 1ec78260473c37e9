-- Which share of customers ordered again within $days days, by how early or late their first order was delivered?
with
observed as (
    select
        case
            when delay_days < -14 then '1 over two weeks early'
            when delay_days < -7 then '2 second week early'
            when delay_days <= 0 then '3 up to a week early'
            when delay_days <= 7 then '4 up to a week late'
            else '5 over a week late'
        end as delay,
        coalesce(reorder_date <= delivered_date + $days, false) as has_reordered
    from first_deliveries
    where delivered_date + $days <= as_of
)

select
    delay,
    count(*) as people,
    count(*) filter (where has_reordered) as reordered
from observed
group by delay
order by delay
