-- Which reviews did the shipped orders get, the latest of each order first?
select
    r.order_id,
    o.shipped_at::date as shipped_on,
    coalesce(r.answered_at, r.created_at)::date as answered_on,
    r.score <= $bad_score as is_bad
from reviews as r
join orders as o on o.order_id = r.order_id
where
    o.shipped_at is not null
    and coalesce(r.answered_at, r.created_at) is not null
    and not r.is_score_imputed
    and ($below = 'g' or md5(r.order_id) < $below or o.shipped_at::date > $complete_after)
order by r.order_id, r.answered_at desc nulls last, r.created_at desc nulls last, r.review_id desc
