-- Which segment is each person in? The one of their group whose centre is nearest, features measured in logarithms.
with
distances as (
    select
        m.customer_id,
        s.segment_id,
        sqrt(
            coalesce(pow(ln((1 + greatest(m.recency_days, 0)) / (1 + s.recency_days)) / s.recency_days_deviation, 2), 0)
            + coalesce(pow(ln((1 + greatest(m.net_sales, 0)::double) / (1 + s.net_sales)) / s.net_sales_deviation, 2), 0)
            + coalesce(pow(ln((1 + greatest(m.units, 0)) / (1 + s.units)) / s.units_deviation, 2), 0)
            + coalesce(pow(ln((1 + greatest(m.purchases, 0)) / (1 + s.purchases)) / s.purchases_deviation, 2), 0)
        ) as distance
    from customer_metrics as m
    join segment_centres as s on s.is_one_time = (m.purchases = 1)
),

-- Distance in millionths and segment ride in one number, so that between equally near centres the lower segment wins.
nearest as (
    select customer_id, min(round(distance * 1000000)::bigint * 1000 + segment_id) as ranked
    from distances
    group by customer_id
)

select
    nearest.customer_id,
    s.segment_id,
    s.segment,
    case when s.is_cluster then (nearest.ranked // 1000)::double / 1000000 end as distance,
    s.is_one_time,
    s.model_version
from nearest
join segment_centres as s on s.segment_id = nearest.ranked % 1000
