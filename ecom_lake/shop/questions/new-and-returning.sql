/*
title = "How many new and returning customers order, month by month?"
group = "Who buys?"
note = "New customers order for the first time in the month; returning customers ordered in an earlier month. The lines leave out incomplete months."
shares = ["returning_share"]

[chart]
kind = "lines"
label = "month"
value = ["new_customers", "returning_customers"]
mark = "is_incomplete"
*/
select
    strftime(month, '%Y-%m') as month,
    customers,
    new_customers,
    returning_customers,
    returning_customers::double / nullif(customers, 0) as returning_share,
    not is_complete as is_incomplete
from kpi_monthly
order by kpi_monthly.month
