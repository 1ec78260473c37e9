/*
title = "How does the chance of a second purchase grow with time since the first?"
group = "Who buys?"
note = "Kaplan-Meier estimate with its 95% bounds: people whose time is not over yet count for as long as they were watched."
shares = ["came_back", "at_least", "at_most"]

[parameters.days]
kind = "number"
meaning = "How many days after the first purchase are looked at."
default = "select least(greatest(max(day), 1), 365) from second_order_curve"

[chart]
kind = "lines"
label = "day"
value = ["came_back", "at_least", "at_most"]
*/
-- Every thirtieth day or so is enough to see the curve.
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
