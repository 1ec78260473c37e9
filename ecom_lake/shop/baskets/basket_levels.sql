-- Does the shop have enough baskets for rules, by product and by category?
with
levels (level, several) as (values ('product', 'products'), ('category', 'categories')),

-- A basket is a valid order with a line; a line of an unknown category is no item.
several as (
    select
        count(*) filter (where products > 1) as of_products,
        count(*) filter (where categories > 1) as of_categories
    from (
        select
            order_id,
            count(distinct product_id) as products,
            count(distinct case when category <> 'unknown' then category end) as categories
        from fct_sales
        where is_valid and order_id in (select order_id from fct_orders where items > 1)
        group by order_id
    ) as counted
),

baskets as (
    select count(*) as baskets
    from fct_orders
    where is_valid and items > 0
),

sizes as (
    select level, size, count(*) as sets
    from basket_itemsets
    group by level, size
),

items as (
    select
        level,
        sum(case when size = 1 then sets else 0 end)::bigint as items,
        sum(case when size > 1 then sets else 0 end)::bigint as itemsets,
        max(size) as largest
    from sizes
    group by level
),

-- Every frequent itemset that may be an antecedent gives a rule with every other frequent item.
possible as (
    select sizes.level, sum(sizes.sets * (items.items - sizes.size))::bigint as rules_tested
    from sizes
    join items on items.level = sizes.level
    where sizes.size = 1 or sizes.size < items.largest
    group by sizes.level
),

rules as (
    select level, count(*) as published_rules, count(*) filter (where is_significant) as significant_rules
    from basket_rules
    group by level
),

counted as (
    select
        levels.level,
        levels.several,
        baskets.baskets,
        case when levels.level = 'product' then several.of_products else several.of_categories end as baskets_of_several,
        coalesce(items.itemsets, 0) as itemsets,
        coalesce(possible.rules_tested, 0) as rules_tested,
        coalesce(rules.published_rules, 0) as published_rules,
        coalesce(rules.significant_rules, 0) as significant_rules
    from levels
    cross join several
    cross join baskets
    left join items on items.level = levels.level
    left join possible on possible.level = levels.level
    left join rules on rules.level = levels.level
),

judged as (
    select
        counted.*,
        settings.thin_basket_share,
        baskets_of_several <= thin_basket_share * baskets or itemsets = 0 as is_thin
    from counted
    cross join settings
),

-- The numbers of the statement with thousands separators.
numbers (level, name, number) as (
    select level, 'baskets', baskets from counted
    union all
    select level, 'several', baskets_of_several from counted
    union all
    select level, 'significant', significant_rules from counted
    union all
    select level, 'tested', rules_tested from counted
),

digits as (
    select level, name, lpad(cast(number as varchar), 15, ' ') as digits
    from numbers
),

texts as (
    select
        level,
        name,
        ltrim(
            substr(digits, 1, 3) || ',' || substr(digits, 4, 3) || ',' || substr(digits, 7, 3)
            || ',' || substr(digits, 10, 3) || ',' || substr(digits, 13, 3),
            ' ,'
        ) as text
    from digits
),

written as (
    select
        level,
        max(case when name = 'baskets' then text end) as baskets,
        max(case when name = 'several' then text end) as several,
        max(case when name = 'significant' then text end) as significant,
        max(case when name = 'tested' then text end) as tested
    from texts
    group by level
)

select
    judged.level,
    judged.baskets,
    baskets_of_several,
    baskets_of_several::double / nullif(judged.baskets, 0) as share_of_several,
    itemsets,
    rules_tested,
    published_rules,
    significant_rules,
    is_thin,
    written.several || ' of ' || written.baskets || ' baskets hold several ' || judged.several
    || case
        when itemsets = 0 then ', and no two are bought together often enough: there are no rules.'
        else
            case when is_thin then ': the rules are about few of the shop''s orders. ' else ': ' end
            || written.significant || ' rules are significant, corrected within each rule length ('
            || written.tested || ' possible rules of items that are as frequent in all).'
    end as statement
from judged
join written on written.level = judged.level
