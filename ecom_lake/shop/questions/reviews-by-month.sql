/*
title = "How do review scores develop, month by month?"
group = "Payments, delivery, returns"
note = "By the month in which the reviews were created. The NPS proxy is the share of 5s less the share of scores up to 3, times 100."
shares = ["share_of_1", "share_of_5"]

[chart]
kind = "lines"
label = "month"
value = "avg_score"
*/
select
    strftime(month, '%Y-%m') as month,
    reviews,
    round(avg_score, 2) as avg_score,
    share_1 as share_of_1,
    share_5 as share_of_5,
    round(nps_proxy, 1) as nps_proxy,
    round(median_answer_hours, 1) as median_answer_hours
from review_summary
order by review_summary.month
