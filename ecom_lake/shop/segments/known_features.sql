-- How many customers are in each group, and of how many of them is each feature known?
with
people as (
    select
        recency_days,
        net_sales,
        units,
        purchases,
        registration_delay_days,
        lifespan_days,
        case
            when $by_registration and registration_delay_days >= 0 then 'registered buyers'
            when $by_registration and registration_delay_days < 0 then 'buyers before registration'
            when $by_registration then 'buyers without registration'
            when purchases = 1 then 'one-time buyers'
            else 'repeat buyers'
        end as buyers
    from customer_metrics
)

select
    count(*) as people,
    count(recency_days) as recency_days,
    count(net_sales) as net_sales,
    count(units) as units,
    count(purchases) as purchases,
    count(registration_delay_days) as registration_delay_days,
    count(lifespan_days) as lifespan_days
from people
where buyers = $buyers
