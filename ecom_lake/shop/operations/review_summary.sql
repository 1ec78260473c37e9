-- What do people say in their reviews, month by month, and how soon?
with
-- Of an order's reviews the latest speaks for it in the NPS proxy.
told as (
    select
        date_trunc('month', created_at)::date as month,
        order_id,
        score,
        created_at,
        -- In whole seconds, from days and times of day.
        date_diff('day', created_at::date, answered_at::date) * 86400
        + (hour(answered_at) - hour(created_at)) * 3600
        + (minute(answered_at) - minute(created_at)) * 60
        + second(answered_at) - second(created_at) as answer_seconds,
        row_number() over (
            partition by order_id
            order by answered_at desc nulls last, created_at desc nulls last, review_id desc
        ) = 1 as is_latest
    from reviews
),

dated as (
    select told.*, o.status = 'delivered' and told.created_at < o.delivered_at as is_before_delivery
    from told
    join orders as o on o.order_id = told.order_id
    where told.month is not null
)

select
    month,
    count(*) as reviews,
    sum(score::decimal(9, 4))::decimal(18, 4)::double / count(*) as avg_score,
    count(*) filter (where score < 2)::double / count(*) as share_1,
    count(*) filter (where score >= 2 and score < 3)::double / count(*) as share_2,
    count(*) filter (where score >= 3 and score < 4)::double / count(*) as share_3,
    count(*) filter (where score >= 4 and score < 5)::double / count(*) as share_4,
    count(*) filter (where score >= 5)::double / count(*) as share_5,
    count(*) filter (where is_latest) as latest_reviews,
    (
        100 * (count(*) filter (where is_latest and score >= 5) - count(*) filter (where is_latest and score <= 3))
    )::double / nullif(count(*) filter (where is_latest), 0) as nps_proxy,
    quantile_cont(answer_seconds::double, 0.5) / 3600 as median_answer_hours,
    count(*) filter (where is_before_delivery) as reviews_before_delivery
from dated
group by month
