/*
title = "Which products do the customers of a persona buy?"
group = "Who buys?"
note = "Valid orders up to the as-of date. The default is the persona with the highest net sales."
caveat = "anonymous_orders"
shares = ["share"]

[parameters.persona]
kind = "text"
meaning = "The persona."
default = "select persona from personas order by net_sales desc, persona limit 1"
allowed = "select persona from personas order by position"

[parameters.top]

[chart]
kind = "bars"
label = "product"
value = "net_sales"
*/
with
sold as (
    select
        s.product_id,
        count(distinct s.customer_id) as customers,
        sum(s.quantity)::bigint as units,
        sum(s.net_sales)::decimal(18, 2) as net_sales
    from fct_sales as s
    inner join customer_metrics as m on m.customer_id = s.customer_id
    cross join reporting_period
    where s.is_valid and coalesce(s.order_date <= reporting_period.as_of, true) and m.persona = $persona
    group by s.product_id
)

select
    coalesce(p.name, s.product_id) as product,
    p.category,
    s.customers,
    s.units,
    s.net_sales,
    s.net_sales::double / nullif(sum(s.net_sales) over (), 0)::double as share
from sold as s
inner join dim_product as p on p.product_id = s.product_id
order by s.net_sales desc, s.product_id
limit $top
