/*
title = "Which sellers deliver late?"
group = "Payments, delivery, returns"
note = "Sellers with enough orders to be compared; the score is the mean of their percentiles in late deliveries, reviews and cancellations."
shares = ["late_rate", "cancel_rate", "score"]

[parameters.top]

[chart]
kind = "bars"
label = "seller_id"
value = "late_rate"
*/
select
    seller_id,
    late_rate,
    orders,
    net_sales,
    round(avg_review, 2) as avg_review,
    cancel_rate,
    score,
    rank
from seller_scorecard
where score is not null and late_rate is not null
order by seller_scorecard.late_rate desc, orders desc, seller_id
limit $top
