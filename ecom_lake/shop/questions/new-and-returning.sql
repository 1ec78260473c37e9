/*
title = "How many new and returning customers order, month by month, and how much do they buy?"
group = "Who buys?"
note = "New customers order for the first time in the month; returning customers ordered in an earlier month. Their net sales and those of anonymous orders, which have no customer, sum to the month's. The lines leave out incomplete months."
shares = ["returning_share"]

[chart]
kind = "lines"
label = "month"
value = ["new_customers", "returning_customers"]
mark = "is_incomplete"
*/
with
firsts as (
    select customer_id, month
    from fct_orders
    where is_first_order and month is not null
),

new_sales as (
    select o.month, sum(o.net_sales)::decimal(18, 2) as net_sales
    from fct_orders as o
    inner join firsts as f on f.customer_id = o.customer_id and f.month = o.month
    where o.is_valid
    group by o.month
)

select
    strftime(m.month, '%Y-%m') as month,
    m.customers,
    m.new_customers,
    m.returning_customers,
    m.returning_customers::double / nullif(m.customers, 0) as returning_share,
    m.anonymous_orders,
    coalesce(n.net_sales, 0)::decimal(18, 2) as net_sales_of_new,
    (m.net_sales - coalesce(n.net_sales, 0) - m.anonymous_net_sales)::decimal(18, 2) as net_sales_of_returning,
    m.anonymous_net_sales,
    not m.is_complete as is_incomplete
from kpi_monthly as m
left join new_sales as n on n.month = m.month
order by m.month
