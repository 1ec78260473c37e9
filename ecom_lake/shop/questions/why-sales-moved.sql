/*
title = "Why did sales change between two months?"
group = "How are we doing?"
note = "The effect of each driver on net sales; the effects sum to the change, to the cent."

[parameters.month]
meaning = "The later month, such as 2018-08; the default is the last one that can be compared."
default = "select max(to_month) from kpi_bridge"
allowed = "select distinct to_month from kpi_bridge order by to_month"

[parameters.against]
kind = "text"
meaning = "The earlier month: month for the previous month, year for the same month a year earlier."
default = "select 'month'"
allowed = "select unnest(['month', 'year'])"

[chart]
kind = "waterfall"
label = "driver"
value = "effect"
mark = "is_sum"
*/
with
pair as (
    select from_month, to_month, driver_order, driver, effect
    from kpi_bridge
    where
        to_month = $month::date
        and from_month = case when $against = 'year' then $month::date - interval 1 year else $month::date - interval 1 month end
),

steps as (
    select 0 as position, strftime(m.month, '%Y-%m') as driver, m.net_sales as effect, true as is_sum
    from kpi_monthly as m
    where m.month in (select from_month from pair)
    union all
    select driver_order, replace(driver, '_', ' '), effect, false
    from pair
    union all
    select 99, strftime(m.month, '%Y-%m'), m.net_sales, true
    from kpi_monthly as m
    where m.month in (select to_month from pair)
)

select driver, effect, is_sum
from steps
order by position
