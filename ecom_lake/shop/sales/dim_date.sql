-- Which days are in the shop's calendar, which months are complete, and which day is the as-of date?
with
placed as (
    select ordered_at::date as day, count(*) as orders
    from orders
    where ordered_at is not null
    group by ordered_at::date
),

months as (
    select
        date_trunc('month', day)::date as month,
        sum(orders)::bigint as orders,
        min(day) as first_order,
        max(day) as last_order
    from placed
    group by date_trunc('month', day)::date
),

median as (
    select quantile_cont(orders::double, 0.5)::decimal(18, 1) as orders
    from months
),

busy_months as (
    select months.*, year(month) * 12 + month(month) as number
    from months
    cross join median
    cross join settings
    where months.orders >= settings.complete_month_share * median.orders
),

-- In a run of consecutive months, number and position increase together.
runs as (
    select min(month) as first_month, max(month) as last_month, count(*) as length
    from (select month, number - row_number() over (order by month) as run from busy_months) as numbered
    group by run
),

longest_run as (
    select first_month, last_month
    from runs
    order by length desc, last_month desc
    limit 1
),

-- The first and the last month of the data may be cut off at their edge.
complete_months as (
    select month
    from busy_months
    cross join longest_run
    cross join settings
    where
        month between first_month and last_month
        and (
            month <> (select min(month) from months)
            or date_diff('day', month, first_order) <= complete_month_edge_days
        )
        and (
            month <> (select max(month) from months)
            or date_diff('day', last_order, last_day(month)) <= complete_month_edge_days
        )
),

today as (
    select coalesce(
        (select as_of from settings),
        (select last_day(max(month)) from complete_months),
        (select max(day) from placed)
    ) as as_of
),

span as (
    select
        year(least(min(day), max(as_of))) as first_year,
        year(greatest(max(day), max(as_of))) as last_year
    from today
    left join placed on true
),

days as (
    select day::date as date
    from span, unnest(
        generate_series(make_date(first_year, 1, 1)::timestamp, make_date(last_year, 12, 31)::timestamp, interval 1 day)
    ) as series (day)
),

-- The first of January of year 1 was a Monday.
weekdays as (
    select date, date_diff('day', date '0001-01-01', date) % 7 + 1 as weekday
    from days
),

-- The ISO week of a day is that of its Thursday.
weeks as (
    select date, weekday, date + (4 - weekday)::integer as thursday
    from weekdays
)

select
    date,
    year(date) as year,
    quarter(date) as quarter,
    month(date) as month,
    day(date) as day,
    date_trunc('month', date)::date as month_start,
    strftime(date, '%B') as month_name,
    year(thursday) as iso_year,
    date_diff('day', make_date(year(thursday), 1, 1), thursday) // 7 + 1 as iso_week,
    weekday,
    strftime(date, '%A') as weekday_name,
    weekday >= 6 as is_weekend,
    complete_months.month is not null as is_complete_month,
    date = (select as_of from today) as is_as_of,
    complete_months.month is not null and date = last_day(date) and date <= (select as_of from today) as is_snapshot_date
from weeks
left join complete_months on complete_months.month = date_trunc('month', date)::date
