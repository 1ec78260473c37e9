/*
title = "How did categories grow, year over year?"
group = "What sells?"
note = "By default, only months that are complete in both years are compared; whole years contain every month that has orders."
shares = ["growth"]

[parameters.year]
meaning = "The year that is compared with the previous one; the default is the last that can be."
default = "select max(year(month)) from kpi_monthly where net_sales_yoy is not null"
allowed = "select distinct year(month) as year from kpi_monthly where net_sales_yoy is not null order by year"

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
    where year(later.month) = $year and later.is_complete and earlier.is_complete
),

counted as (
    select month
    from kpi_monthly
    where
        case
            when $months = 'all' then year(month) in ($year, $year - 1)
            else month in (select month from compared) or month in (select month_before from compared)
        end
),

sold as (
    select
        category,
        coalesce(sum(net_sales) filter (where year(month) = $year), 0)::decimal(18, 2) as net_sales,
        coalesce(sum(net_sales) filter (where year(month) < $year), 0)::decimal(18, 2) as year_before
    from fct_sales
    where is_valid and month in (select month from counted)
    group by category
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
