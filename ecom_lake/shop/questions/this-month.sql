/*
title = "How did a month perform against the previous month and the same month a year earlier?"
group = "How are we doing?"
note = "Growth against or from an incomplete month is empty."
shares = ["on_month_before", "on_year_before"]

[parameters.month]

[chart]
kind = "bars"
label = "number"
value = "on_month_before"
*/
with
numbers as (
    select month, is_complete, 1 as position, 'net sales' as number, net_sales::double as value from kpi_monthly
    union all
    select month, is_complete, 2, 'orders', orders from kpi_monthly
    union all
    select month, is_complete, 3, 'net sales per order', aov from kpi_monthly
    union all
    select month, is_complete, 4, 'new customers', new_customers from kpi_monthly
    union all
    select month, is_complete, 5, 'returning customers', returning_customers from kpi_monthly
    union all
    select month, is_complete, 6, 'canceled, % of orders', 100 * cancel_rate from kpi_monthly
    union all
    select month, is_complete, 7, 'late, % of deliveries', 100 * late_rate from kpi_monthly
    union all
    select month, is_complete, 8, 'days to delivery', avg_lead_days from kpi_monthly
    union all
    select month, is_complete, 9, 'review score', avg_review from kpi_monthly
    union all
    select month, is_complete, 10, 'returned, % of delivered or returned', 100 * return_rate from kpi_monthly
    union all
    select month, is_complete, 11, 'returned, % of all orders', 100 * return_share from kpi_monthly
)

select
    this.number,
    round(this.value, 2) as this_month,
    round(before.value, 2) as month_before,
    case when this.is_complete and before.is_complete then (this.value - before.value) / nullif(before.value, 0) end
        as on_month_before,
    round(year_before.value, 2) as year_before,
    case when this.is_complete and year_before.is_complete then (this.value - year_before.value) / nullif(year_before.value, 0) end
        as on_year_before
from numbers as this
left join numbers as before on before.position = this.position and before.month = ($month::date - interval 1 month)::date
left join numbers as year_before
    on year_before.position = this.position and year_before.month = ($month::date - interval 1 year)::date
where this.month = $month::date and this.value is not null
order by this.position
