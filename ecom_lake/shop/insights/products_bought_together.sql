-- How many times as often as independent choices would give are two products bought in one order?
select
    'level=' || r.level || ', antecedent_size=' || r.antecedent_size || ', antecedent=' || r.antecedent
    || ', consequent=' || r.consequent as row_key,
    r.lift as value,
    1.0 as baseline,
    r.orders as n,
    r.p_adjusted as p,
    r.lift - 1 as effect,
    -- A product without a name is written as its category and the start of its id, as on the dashboard.
    coalesce(one.name, one.category || ' · ' || substr(one.product_id, 1, 8)) as antecedent,
    coalesce(other.name, other.category || ' · ' || substr(other.product_id, 1, 8)) as consequent,
    r.orders / nullif(r.lift, 0) as expected,
    sold.net_sales as money
from basket_rules as r
join dim_product as one on one.product_id = r.antecedent
join dim_product as other on other.product_id = r.consequent
join product_performance as sold on sold.product_id = r.consequent
where r.level = 'product' and r.antecedent_size = 1 and r.antecedent < r.consequent
