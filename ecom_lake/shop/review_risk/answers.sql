-- How did each shipped order end, as far as its reviews were answered by the day $until?
-- The latest review answered within $followed_days days after shipping decides whether it is bad.
with answered as (
    select
        r.review_id,
        r.order_id,
        r.score,
        r.answered_at,
        r.created_at,
        coalesce(r.answered_at, r.created_at)::date as answered_on,
        o.shipped_at::date as shipped_on
    from reviews as r
    join orders as o on o.order_id = r.order_id
    where
        o.shipped_at is not null
        and coalesce(r.answered_at, r.created_at)::date <= $until
        and not r.is_score_imputed
        and ($below = 'g' or md5(r.order_id) < $below or o.shipped_at::date > $complete_after)
),

latest as (
    select order_id, score <= $bad_score as is_bad
    from answered
    where answered_on <= shipped_on + $followed_days::integer
    qualify
        row_number() over (
            partition by order_id order by answered_at desc nulls last, created_at desc nulls last, review_id desc
        ) = 1
),

by_order as (
    select order_id, min(answered_on) as first_answered_on, count_if(answered_on <= shipped_on) > 0 as is_answered_before_shipping
    from answered
    group by order_id
)

select b.order_id, l.is_bad, b.first_answered_on, b.is_answered_before_shipping
from by_order as b
left join latest as l on l.order_id = b.order_id
order by b.order_id
