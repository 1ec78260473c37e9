-- Which months lie between two months, and which of them have settled?
select
    month_start as month,
    max(last_day(month_start)) <= (select as_of - $settles_in_days from reporting_period) as is_settled
from dim_date
where month_start between $first_month and $last_month
group by month_start
order by month_start
