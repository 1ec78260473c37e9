-- What had each customer bought by the day $until, and what did each buy after it, up to the day $end?
-- x counts repeat purchases, t_x is the number of days from the first to the last purchase, age from the first to $until; n counts
-- repeat purchases that cost anything, and spent is what these cost. Amounts are in cents, so that sums are exact in any order.
select
    person,
    bucket,
    count(*) filter (where order_date <= $until) - 1 as x,
    date_diff('day', first_date, max(order_date) filter (where order_date <= $until)) as t_x,
    date_diff('day', first_date, $until) as age,
    count(*) filter (where order_date > first_date and order_date <= $until and spent > 0) as n,
    (
        coalesce(sum(spent) filter (where order_date > first_date and order_date <= $until and spent > 0), 0) * 100
    )::bigint as spent,
    count(*) filter (where order_date > $until and order_date <= $end) as later_purchases,
    (coalesce(sum(spent) filter (where order_date > $until and order_date <= $end), 0) * 100)::bigint as later_spent
from value_purchases
where first_date <= $until
group by person, bucket, first_date
