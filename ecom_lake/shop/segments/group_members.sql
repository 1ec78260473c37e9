-- Which customers belong to a group, and what is known of each of them?
with
people as (
    select
        customer_id,
        recency_days::double as recency_days,
        net_sales::double as net_sales,
        units::double as units,
        purchases::double as purchases,
        registration_delay_days::double as registration_delay_days,
        lifespan_days::double as lifespan_days,
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
    recency_days,
    net_sales,
    units,
    purchases,
    registration_delay_days,
    lifespan_days
from people
where buyers = $buyers
-- By a hash of the id: as good as a random sample, and the same whatever the order of the rows.
order by md5(customer_id), customer_id
limit $most
