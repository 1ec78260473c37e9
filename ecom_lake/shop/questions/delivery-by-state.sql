/*
title = "In which states is delivery slowest, and how often is it late?"
group = "Payments, delivery, returns"
note = "Orders placed in the year and delivered; late means delivered after the promised date."
shares = ["late_rate"]

[parameters.year]
or_all = true

[parameters.top]
meaning = "How many states are shown, slowest first."

[chart]
kind = "bars"
label = "state"
value = "days_to_delivery"
*/
select
    state,
    sum(delivered_orders)::bigint as delivered_orders,
    round(sum(avg_lead_days * timed_orders) / nullif(sum(timed_orders), 0), 1) as days_to_delivery,
    sum(late_orders)::double / nullif(sum(promised_orders), 0)::double as late_rate
from delivery_performance
where coalesce(year(month) = $year, true)
group by state
order by days_to_delivery desc nulls last, state
limit $top
