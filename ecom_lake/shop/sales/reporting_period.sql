-- Up to which day is the shop reported, and which of its months are complete?
select
    max(date) filter (where is_as_of) as as_of,
    min(month_start) filter (where is_complete_month) as first_complete_month,
    max(month_start) filter (where is_complete_month) as last_complete_month,
    count(distinct month_start) filter (where is_complete_month) as complete_months
from dim_date
