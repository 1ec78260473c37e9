/*
title = "How did categories grow, year over year?"
group = "What sells?"
note = "By default, only months that are complete in both years are compared; whole years contain every month that has orders. All years compare every year that has an earlier one with the one before it, and sum both sides."
shares = ["growth"]

[parameters.year]
meaning = "The year that is compared with the previous one; the default is the last that can be."
default = "select max(year(month)) from kpi_monthly where net_sales_yoy is not null"
allowed = "select distinct year(month) as year from kpi_monthly where net_sales_yoy is not null order by year"
or_all = true

[parameters.months]
kind = "text"
meaning = "comparable for the months that are complete in both years, all for whole years."
default = "select 'comparable'"
allowed = "select unnest(['comparable', 'all'])"

[parameters.top]
meaning = "How many categories are shown, those with the highest net sales in the two years."

[chart]
kind = "bars"
label = "category"
value = "change"
*/
with
compared as (
    select later.month as month, earlier.month as month_before
    from kpi_monthly as later
    inner join kpi_monthly as earlier on earlier.month = (later.month - interval 1 year)::date
    where coalesce(year(later.month) = $year, true) and later.is_complete and earlier.is_complete
),

years as (
    select distinct year(month) as year
    from compared
),

-- A month counts in its own year and, where all years are compared, in the comparison with the next one too.
counted as (
    select month, true as is_later from compared where $months = 'comparable'
    union all
    select month_before, false from compared where $months = 'comparable'
    union all
    select m.month, true from kpi_monthly as m inner join years as y on y.year = year(m.month) where $months = 'all'
    union all
    select m.month, false from kpi_monthly as m inner join years as y on y.year = year(m.month) + 1 where $months = 'all'
),

sold as (
    select
        s.category,
        coalesce(sum(s.net_sales) filter (where c.is_later), 0)::decimal(18, 2) as net_sales,
        coalesce(sum(s.net_sales) filter (where not c.is_later), 0)::decimal(18, 2) as year_before
    from fct_sales as s
    inner join counted as c on c.month = s.month
    where s.is_valid
    group by s.category
)

select
    category,
    net_sales,
    year_before,
    net_sales - year_before as change,
    (net_sales - year_before)::double / nullif(year_before, 0)::double as growth
from sold
order by net_sales + year_before desc, category
limit $top
