-- How do customers rate their orders, month by month, and how soon do they answer?
with
dated as (
    select
        date_trunc('month', r.created_at)::date as month,
        r.score,
        -- In whole seconds, from days and times of day.
        date_diff('day', r.created_at::date, r.answered_at::date) * 86400
        + (hour(r.answered_at) - hour(r.created_at)) * 3600
        + (minute(r.answered_at) - minute(r.created_at)) * 60
        + second(r.answered_at) - second(r.created_at) as answer_seconds,
        f.review_id = r.review_id as is_latest,
        o.status = 'delivered' and r.created_at < o.delivered_at as is_before_delivery
    from reviews as r
    join orders as o on o.order_id = r.order_id
    join fct_orders as f on f.order_id = r.order_id
    where r.created_at is not null
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
