-- In how many orders do the items of each possible rule stand, together and alone, and how many rules were possible?
with
splits as (
    select
        level,
        size,
        orders,
        baskets,
        ' + ' || items || ' + ' as padded_items,
        unnest(string_split(items, ' + ')) as consequent
    from basket_itemsets
    where size >= 2
),

-- The antecedent: the items without the consequent. No item contains the separator.
padded as (
    select
        level,
        size,
        orders,
        baskets,
        consequent,
        replace(padded_items, ' + ' || consequent || ' + ', ' + ') as padded_antecedent
    from splits
),

rules as (
    select
        level,
        size,
        orders,
        baskets,
        consequent,
        substring(padded_antecedent, 4, greatest(length(padded_antecedent) - 6, 0)) as antecedent
    from padded
),

-- The number of frequent itemsets of each size, and the number of single items that each of them can make a rule with.
frequent as (
    select
        level,
        size,
        count(*) as sets
    from basket_itemsets
    group by level, size
),

possible as (
    select
        sets.level,
        sets.size as antecedent_size,
        sets.sets * (single.sets - sets.size) as rules_tested
    from frequent as sets
    join frequent as single on single.level = sets.level and single.size = 1
),

-- Materialized, so that the optimizer does not pair all itemsets with all before it filters by the rules.
with_antecedents as materialized (
    select
        rules.level,
        rules.size,
        rules.orders,
        rules.baskets,
        rules.antecedent,
        rules.consequent,
        s.orders as antecedent_orders
    from rules
    join basket_itemsets as s on s.level = rules.level and s.size = rules.size - 1 and s.items = rules.antecedent
)

select
    r.level,
    r.antecedent,
    r.consequent,
    r.size - 1 as antecedent_size,
    r.orders,
    r.baskets,
    r.antecedent_orders,
    s.orders as consequent_orders,
    possible.rules_tested
from with_antecedents as r
join possible on possible.level = r.level and possible.antecedent_size = r.size - 1
join basket_itemsets as s on s.level = r.level and s.size = 1 and s.items = r.consequent
order by r.level, r.size, r.antecedent, r.consequent
