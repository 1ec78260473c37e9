-- How many times as often as independent choices would give are two categories bought in one order?
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
    c.net_sales as money
from basket_rules as r
left join category_performance as c on c.category = r.consequent
where r.level = 'category' and r.antecedent_size = 1 and r.antecedent < r.consequent
