/*
title = "Which products do high-value customers or a persona buy more than others?"
group = "Who buys?"
note = "High-value customers have a monetary score of 5: they are the fifth with the highest net sales. An index over 1 means that the product has a larger share of the net sales of these customers than of all customers' net sales. Valid orders up to the as-of date."
caveat = "anonymous_orders"
shares = ["share", "share_of_all_customers"]

[parameters.customers]
kind = "text"
meaning = "Whose products: of high-value customers, or of a persona."
default = "select 'high value'"
allowed = "select customers from (select 'high value' as customers, 0 as position union all select persona, position from personas) as groups order by position"

[parameters.top]

[chart]
kind = "bars"
label = "product"
value = "net_sales"
*/
with
lines as (
    select
        s.product_id,
        s.customer_id,
        s.quantity,
        s.net_sales,
        case when $customers = 'high value' then m.m = 5 else m.persona = $customers end as is_theirs
    from fct_sales as s
    inner join customer_metrics as m on m.customer_id = s.customer_id
    cross join reporting_period
    where s.is_valid and coalesce(s.order_date <= reporting_period.as_of, true)
),

sold as (
    select
        product_id,
        count(distinct customer_id) filter (where is_theirs) as customers,
        coalesce(sum(quantity) filter (where is_theirs), 0)::bigint as units,
        coalesce(sum(net_sales) filter (where is_theirs), 0)::decimal(18, 2) as net_sales,
        sum(net_sales)::decimal(18, 2) as net_sales_of_all
    from lines
    group by product_id
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
