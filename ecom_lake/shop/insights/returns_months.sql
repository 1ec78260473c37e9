-- How many orders of each month that contained a category were returned, and how many were delivered or returned?
with
orders_of_category as (
    select
        category,
        order_id,
        min(month) as month,
        bool_or(is_returned) as is_returned
    from fct_sales
    where is_valid and status in ('delivered', 'returned') and is_returned is not null and month is not null
    group by category, order_id
)

select
    'dimension=category, member=' || category as row_key,
    month as day,
    count(*) filter (where is_returned) as hits,
    count(*) as trials
from orders_of_category
group by category, month
