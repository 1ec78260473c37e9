-- How many times as often as independent choices would give are two products bought in one order?
select
    'level=' || r.level || ', antecedent_size=' || r.antecedent_size || ', antecedent=' || r.antecedent
    || ', consequent=' || r.consequent as row_key,
    r.lift as value,
    1.0 as baseline,
    r.orders as n,
    r.p_adjusted as p,
    r.lift - 1 as effect,
    r.antecedent,
    r.consequent,
    r.orders / nullif(r.lift, 0) as expected,
    b.net_sales as money,
    a.category as one_category,
    b.category as other_category
from basket_rules as r
join product_performance as a on a.product_id = r.antecedent
join product_performance as b on b.product_id = r.consequent
where r.level = 'product' and r.antecedent_size = 1 and r.antecedent < r.consequent
