-- Which itemsets of one item more are in enough baskets?
with
pairs as (
    select
        a.itemset as prefix,
        b.item,
        count(*) as orders
    from mined_held as a
    join mined_held as b on b.basket = a.basket and b.prefix = a.prefix and b.item > a.item
    group by a.itemset, b.item
    having count(*) >= $min_orders
),

numbered as (
    select
        row_number() over (order by prefix, item)::integer as itemset,
        prefix,
        item,
        orders
    from pairs
)

select
    n.itemset,
    n.prefix,
    n.item,
    s.items || ' + ' || i.items as items,
    n.orders
from numbered as n
join mined_sets as s on s.itemset = n.prefix
join mined_items as i on i.itemset = n.item
