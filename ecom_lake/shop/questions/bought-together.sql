/*
title = "Which items are bought together?"
group = "What sells?"
note = "Only pairs that are significant after correction for all possible pairs. Lift is how many times more likely the second item is in a basket that contains the first."
shares = ["of_baskets_with_the_first"]

[parameters.level]
kind = "text"
meaning = "Categories or products; the default is categories, unless they have no such pair."
default = "select coalesce(min(level), 'category') from basket_rules where is_significant"
allowed = "select unnest(['category', 'product'])"

[parameters.top]

[chart]
kind = "bars"
label = "pair"
value = "lift"
*/
with
rules as (
    select r.*, coalesce(a.name, r.antecedent) as first, coalesce(c.name, r.consequent) as second
    from basket_rules as r
    left join dim_product as a on r.level = 'product' and a.product_id = r.antecedent
    left join dim_product as c on r.level = 'product' and c.product_id = r.consequent
    where r.level = $level and r.is_significant
),

-- The same items give several rules; the one with the highest confidence is shown.
best_rules as (
    select *
    from rules
    qualify
        row_number() over (
            partition by list_sort(list_append(string_split(antecedent, ' + '), consequent))
            order by confidence desc, antecedent, consequent
        ) = 1
)

select
    first || ' → ' || second as pair,
    orders,
    confidence as of_baskets_with_the_first,
    round(lift, 2) as lift
from best_rules
order by best_rules.lift desc, orders desc, antecedent, consequent
limit $top
