/*
title = "Which are the top products of each category?"
group = "What sells?"
note = "Over the whole history; categories with the highest net sales come first."
shares = ["share_of_category"]

[parameters.top]
meaning = "How many products are shown of each category."
default = "select 3"

[parameters.categories]
kind = "number"
meaning = "How many categories are shown."
default = "select 10"

[parameters.by]
kind = "text"
meaning = "What ranks the products of a category: net_sales or units."
default = "select 'net_sales'"
allowed = "select unnest(['net_sales', 'units'])"

[chart]
kind = "bars"
label = "product"
value = "net_sales"
*/
with
categories as (
    select category, net_sales, row_number() over (order by net_sales desc, category) as place
    from category_performance
    where category <> 'unknown'
),

ranked as (
    select
        *,
        row_number() over (
            partition by category order by case when $by = 'units' then units end desc, rank_in_category
        ) as place
    from product_performance
)

select
    p.category,
    p.place,
    coalesce(d.name, p.product_id) as product,
    p.net_sales,
    p.net_sales::double / nullif(c.net_sales, 0)::double as share_of_category,
    p.units,
    p.abc_class,
    round(p.avg_review, 2) as avg_review
from ranked as p
inner join categories as c on c.category = p.category
left join dim_product as d on d.product_id = p.product_id
where p.place <= $top and c.place <= $categories and p.units > 0
order by c.place, p.place
