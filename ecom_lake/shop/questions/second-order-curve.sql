/*
title = "How likely is a second purchase, by time since the first?"
group = "Who buys?"
note = "Kaplan-Meier estimate with its 95% interval: customers without a second purchase count up to the as-of date."
caveat = "anonymous_orders"
shares = ["came_back", "at_least", "at_most"]

[parameters.days]
kind = "number"
meaning = "How many days after the first purchase are shown."
default = "select least(greatest(max(day), 1), 365) from second_order_curve"

[chart]
kind = "lines"
label = "day"
value = ["came_back", "at_least", "at_most"]
*/
-- About 24 days are enough to draw the curve.
with
days as (
    select *, greatest($days // 24, 1) as step
    from second_order_curve
    where day <= $days
)

select
    day,
    at_risk as still_watched,
    round(1 - survival, 9) as came_back,
    round(1 - ci_high, 9) as at_least,
    round(1 - ci_low, 9) as at_most
from days
where day % step = 0
order by day
