/*
title = "How many customers have lapsed, month by month?"
group = "Who buys?"
note = "A customer has lapsed without a purchase for longer than the horizon; P80 is the 80th percentile of the gaps between purchases up to then."
caveat = "anonymous_orders"
shares = ["churn_rate", "repeat_purchase_rate"]

[parameters.horizon]
kind = "text"
meaning = "Days without a purchase."
default = "select coalesce(max(horizon) filter (where horizon = 'P80'), max(horizon)) from kpi_churn"
allowed = "select distinct horizon from kpi_churn order by horizon"

[chart]
kind = "lines"
label = "month"
value = "churn_rate"
*/
select
    strftime(as_of, '%Y-%m') as month,
    customers,
    lapsed,
    churn_rate,
    repeat_purchase_rate,
    round(threshold_days, 1) as threshold_days
from kpi_churn
where horizon = $horizon
order by as_of
