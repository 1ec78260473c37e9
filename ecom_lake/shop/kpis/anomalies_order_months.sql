-- How many orders does each month have, and how many days at its start and at its end have none?
select
    month,
    count(*) as orders,
    date_diff('day', month, min(order_date)) as days_before_first,
    date_diff('day', max(order_date), last_day(month)) as days_after_last
from fct_orders
where order_date is not null
group by month
order by month
