-- How many orders of each day of the last 12 complete months contained each category, and how many were there?
with
recent as (
    select month
    from complete_months
    order by month desc
    limit 12
),

last_month as (
    select max(month) as month
    from complete_months
),

placed as (
    select
        o.order_date,
        count(*) as trials
    from fct_orders as o
    join recent on recent.month = o.month
    where o.is_valid
    group by o.order_date
),

sold as (
    select
        s.category,
        s.order_date,
        count(distinct s.order_id) as hits
    from fct_sales as s
    join recent on recent.month = s.month
    where s.is_valid and s.category <> 'unknown'
    group by s.category, s.order_date
),

categories as (
    select distinct category
    from sold
)

select
    'period_type=month, period=' || last_month.month || ', dimension=category, member=' || c.category as row_key,
    p.order_date as day,
    coalesce(s.hits, 0) as hits,
    p.trials
from categories as c
cross join placed as p
cross join last_month
left join sold as s on s.category = c.category and s.order_date = p.order_date
