-- Which segment is each customer in, by the nearest centre of their group on the scale of the centres?
with
mode as (
    select count(*) filter (where is_one_time is null) > 0 as by_registration
    from segment_centres
),

people as (
    select
        m.*,
        case
            when by_registration and registration_delay_days >= 0 then 'registered buyers'
            when by_registration and registration_delay_days < 0 then 'buyers before registration'
            when by_registration then 'buyers without registration'
            when purchases = 1 then 'one-time buyers'
            else 'repeat buyers'
        end as buyers
    from customer_metrics as m
    cross join mode
),

distances as (
    select
        m.customer_id,
        m.purchases = 1 as is_one_time,
        s.segment_id,
        case
            when s.scale = 'plain'
                then sqrt(
                    coalesce(pow((m.recency_days - s.recency_days) / s.recency_days_deviation, 2), 0)
                    + coalesce(pow((m.net_sales::double - s.net_sales) / s.net_sales_deviation, 2), 0)
                    + coalesce(pow((m.units - s.units) / s.units_deviation, 2), 0)
                    + coalesce(pow((m.purchases - s.purchases) / s.purchases_deviation, 2), 0)
                    + coalesce(
                        pow((m.registration_delay_days - s.registration_delay_days) / s.registration_delay_days_deviation, 2), 0
                    )
                    + coalesce(pow((m.lifespan_days - s.lifespan_days) / s.lifespan_days_deviation, 2), 0)
                )
            else sqrt(
                coalesce(pow(ln((1 + greatest(m.recency_days, 0)) / (1 + s.recency_days)) / s.recency_days_deviation, 2), 0)
                + coalesce(pow(ln((1 + greatest(m.net_sales, 0)::double) / (1 + s.net_sales)) / s.net_sales_deviation, 2), 0)
                + coalesce(pow(ln((1 + greatest(m.units, 0)) / (1 + s.units)) / s.units_deviation, 2), 0)
                + coalesce(pow(ln((1 + greatest(m.purchases, 0)) / (1 + s.purchases)) / s.purchases_deviation, 2), 0)
                + coalesce(
                    pow(
                        ln((1 + greatest(m.registration_delay_days, 0)) / (1 + s.registration_delay_days))
                        / s.registration_delay_days_deviation,
                        2
                    ),
                    0
                )
                + coalesce(pow(ln((1 + greatest(m.lifespan_days, 0)) / (1 + s.lifespan_days)) / s.lifespan_days_deviation, 2), 0)
            )
        end as distance
    from people as m
    join segment_centres as s on s.buyers = m.buyers
),

-- Distance in millionths and segment are packed into one number: of equally near centres the lower segment wins.
nearest as (
    select customer_id, is_one_time, min(round(distance * 1000000)::bigint * 1000 + segment_id) as ranked
    from distances
    group by customer_id, is_one_time
),

-- Customers of a group that had no customers when the segments were fitted: a correction has moved them there since.
not_scored as (
    select customer_id, purchases = 1 as is_one_time
    from people
    where not exists (select 1 from segment_centres as s where s.buyers = people.buyers)
),

version as (
    select coalesce(max(model_version), 'none') as model_version
    from segment_centres
)

select
    nearest.customer_id,
    s.segment_id,
    s.segment,
    case when s.is_cluster then (nearest.ranked // 1000)::double / 1000000 end as distance,
    nearest.is_one_time,
    s.model_version
from nearest
join segment_centres as s on s.segment_id = nearest.ranked % 1000
union all
select
    not_scored.customer_id,
    0 as segment_id,
    'not scored' as segment,
    null::double as distance,
    not_scored.is_one_time,
    version.model_version
from not_scored
cross join version
