/*
title = "How do reviews of late orders differ from those of on-time orders?"
group = "Payments, delivery, returns"
note = "Valid orders that were delivered, with their latest review. This is an association, not proof of a cause."
needs = ["orders.promised_at"]
shares = ["share_of_1_or_2", "share_of_5"]

[chart]
kind = "bars"
label = "delivered"
value = "avg_review"
*/
with
reviewed as (
    select
        case
            when delay_days < -7 then 1
            when delay_days < 0 then 2
            when delay_days = 0 then 3
            when delay_days <= 3 then 4
            when delay_days <= 7 then 5
            else 6
        end as position,
        review_score
    from fct_orders
    where is_valid and delay_days is not null and review_score is not null
),

bands (position, delivered) as (
    values
        (1, 'over a week early'), (2, 'up to a week early'), (3, 'on the promised day'),
        (4, '1 to 3 days late'), (5, '4 to 7 days late'), (6, 'over a week late')
)

select
    b.delivered,
    count(*) as reviewed_orders,
    round(sum(r.review_score::decimal(9, 4))::double / count(*), 2) as avg_review,
    (count(*) filter (where r.review_score < 3))::double / count(*) as share_of_1_or_2,
    (count(*) filter (where r.review_score >= 5))::double / count(*) as share_of_5
from reviewed as r
inner join bands as b on b.position = r.position
group by b.position, b.delivered
order by b.position
