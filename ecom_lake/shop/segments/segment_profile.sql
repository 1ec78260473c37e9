-- What characterises the customers of each segment, and what is its share of net sales?
with
whole as (
    select count(*) as customers, sum(net_sales)::decimal(18, 2) as net_sales
    from customer_metrics
),

members as (
    select
        s.segment_id,
        max(s.model_version) as model_version,
        count(*) as customers,
        sum(m.net_sales)::decimal(18, 2) as net_sales,
        quantile_cont(m.recency_days::double, 0.5) as recency_days,
        quantile_cont(m.purchases::double, 0.5) as purchases,
        quantile_cont(m.units::double, 0.5) as units,
        quantile_cont(m.net_sales::double, 0.5) as median_net_sales,
        quantile_cont(m.aov::double, 0.5) as aov,
        quantile_cont(m.avg_gap_days::double, 0.5) as gap_days
    from customer_segments as s
    join customer_metrics as m on m.customer_id = s.customer_id
    group by s.segment_id
)

select
    members.segment_id,
    coalesce(s.segment, 'not scored') as segment,
    s.is_one_time,
    members.customers,
    members.customers::double / whole.customers as share,
    members.net_sales,
    members.net_sales::double / nullif(whole.net_sales, 0) as net_sales_share,
    round(members.recency_days, 2) as median_recency_days,
    round(members.purchases, 2) as median_purchases,
    round(members.units, 2) as median_units,
    round(members.median_net_sales, 2) as median_net_sales,
    round(members.aov, 2) as median_aov,
    round(members.gap_days, 2) as median_gap_days,
    coalesce(s.rule, 'Their group had no customers when the segments were fitted.') as rule,
    members.model_version
from members
left join segment_centres as s on s.segment_id = members.segment_id
cross join whole
