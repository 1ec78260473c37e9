/*
title = "Which products do high-value customers buy, and more than others?"
group = "Who buys?"
note = "High-value customers have a monetary score of 5: they are the fifth with the highest net sales. An index over 1 means that the product has a larger share of their net sales than of all customers' net sales."
caveat = "anonymous_orders"
shares = ["share", "share_of_all_customers"]

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
        count(distinct s.customer_id) filter (where m.m = 5) as customers,
        coalesce(sum(s.quantity) filter (where m.m = 5), 0)::bigint as units,
        coalesce(sum(s.net_sales) filter (where m.m = 5), 0)::decimal(18, 2) as net_sales,
        sum(s.net_sales)::decimal(18, 2) as net_sales_of_all
    from fct_sales as s
    inner join customer_metrics as m on m.customer_id = s.customer_id
    cross join reporting_period
    where s.is_valid and coalesce(s.order_date <= reporting_period.as_of, true)
    group by s.product_id
),

shares as (
    select
        *,
        net_sales::double / nullif(sum(net_sales) over (), 0)::double as share,
        net_sales_of_all::double / nullif(sum(net_sales_of_all) over (), 0)::double as share_of_all_customers
    from sold
)

select
    coalesce(p.name, s.product_id) as product,
    p.category,
    s.customers,
    s.units,
    s.net_sales,
    s.share,
    s.share_of_all_customers,
    round(s.share / nullif(s.share_of_all_customers, 0), 2) as index
from shares as s
inner join dim_product as p on p.product_id = s.product_id
where s.customers > 0
order by s.net_sales desc, s.product_id
limit $top
