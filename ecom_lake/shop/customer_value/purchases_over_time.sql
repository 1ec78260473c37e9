-- How many first purchases and how many repeat purchases were made in each period of $days days, counted from $first_day?
select
    period,
    count_if(order_date = first_date) as first_purchases,
    count_if(order_date > first_date) as repeat_purchases
from (
    select date_diff('day', $first_day, order_date) // $days as period, order_date, first_date from value_purchases
) as purchases
group by period
order by period
