-- Of the customers who first ordered in a month, how many ordered again in each later month, and how many by then?
with
-- A month that the as-of date cuts is incomplete here: its later orders are not counted.
months as (
    select
        month_start as month,
        year(month_start) * 12 + month(month_start) as number,
        bool_or(is_complete_month and last_day(month_start) <= as_of) as is_complete
    from dim_date
    cross join reporting_period
    group by month_start
),

started as (
    select customer_id, month as cohort
    from fct_orders
    cross join reporting_period
    where is_first_order and order_date <= as_of
),

cohorts as (
    select m.month as cohort, m.number, m.is_complete, count(*) as cohort_size
    from started as s
    join months as m on m.month = s.cohort
    group by m.month, m.number, m.is_complete
),

-- A customer returns in a month with the first order of that month. Where the previous order lies in the cohort's month,
-- it is the customer's first return.
returns as (
    select
        s.cohort,
        o.month,
        count(*) as customers,
        count(*) filter (where o.previous_order_date < s.cohort + interval 1 month) as first_returns
    from fct_orders as o
    join started as s on s.customer_id = o.customer_id
    cross join reporting_period
    where o.previous_order_date < o.month and o.order_date <= reporting_period.as_of
    group by s.cohort, o.month
),

-- The as-of date may be a setting that lies after the latest order: the data ends with that order's month.
latest as (
    select least(reporting_period.as_of, orders.month) as month
    from reporting_period
    cross join (select max(month) as month from fct_orders) as orders
),

ahead as (
    select unnest(generate_series(0, max(number) - min(number))) as month_number
    from months
    where month between (select min(cohort) from cohorts) and (select month from latest)
),

-- After the end of the data there is no month: its numbers are NULL, not 0.
cells as (
    select
        c.cohort,
        c.cohort_size,
        a.month_number,
        m.month,
        case when m.month is not null then c.is_complete and m.is_complete end as is_complete,
        case when a.month_number = 0 then c.cohort_size when m.month is not null then coalesce(r.customers, 0) end
            as active_customers,
        coalesce(r.first_returns, 0) as first_returns
    from cohorts as c
    cross join ahead as a
    left join months as m on m.number = c.number + a.month_number and m.month <= (select month from latest)
    left join returns as r on r.cohort = c.cohort and r.month = m.month
)

select
    cohort,
    month_number,
    month,
    is_complete,
    cohort_size,
    active_customers,
    active_customers::double / cohort_size as retention,
    case
        when month_number > 0 and month is not null
            then (sum(first_returns) over (partition by cohort order by month_number))::double / cohort_size
    end as cumulative_retention
from cells
