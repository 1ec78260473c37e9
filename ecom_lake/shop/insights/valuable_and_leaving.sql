-- How many frequent or high-spending customers ordered longer ago than most others, and how much have they spent?
select
    'segment=' || segment as row_key,
    customers as value,
    customers as n,
    net_sales as money,
    segment,
    avg_recency_days as recency
from rfm_segments
where segment in ('At Risk', 'Can''t Lose')
