/*
title = "Of the customers who first ordered in a month, how many order again in later months?"
group = "Who buys?"
note = "A cell is the share of the month's new customers who ordered again that many months later. Months that are not over are left out."
caveat = "anonymous_orders"
shares = ["retention", "cumulative_retention"]

[parameters.months]
kind = "number"
meaning = "How many months each cohort is followed."
default = "select 12"

[chart]
kind = "heat"
label = "cohort"
across = "months_later"
value = "retention"
*/
select
    strftime(cohort, '%Y-%m') as cohort,
    month_number as months_later,
    cohort_size,
    active_customers,
    retention,
    cumulative_retention
from cohort_retention
where month_number between 1 and $months and is_complete
order by cohort_retention.cohort, month_number
