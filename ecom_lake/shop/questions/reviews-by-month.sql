/*
title = "How do review scores develop, month by month?"
group = "Payments, delivery, returns"
note = "By the month in which the reviews were created. The NPS proxy is the share of 5s less the share of scores up to 3, times 100. The line leaves out incomplete months of the shop."
shares = ["share_of_1", "share_of_5"]

[chart]
kind = "lines"
label = "month"
value = "avg_score"
mark = "is_incomplete"
*/
select
    strftime(r.month, '%Y-%m') as month,
    r.reviews,
    round(r.avg_score, 2) as avg_score,
    r.share_1 as share_of_1,
    r.share_5 as share_of_5,
    round(r.nps_proxy, 1) as nps_proxy,
    round(r.median_answer_hours, 1) as median_answer_hours,
    not coalesce(m.is_complete, false) as is_incomplete
from review_summary as r
left join kpi_monthly as m on m.month = r.month
order by r.month
