-- Which items are in enough baskets? They are numbered in alphabetical order.
with
counts as (
    select
        item,
        orders
    from mined_alone
    union all
    select
        item,
        count(*) as orders
    from mined_bought
    group by item
),

items as (
    select
        item,
        sum(orders)::bigint as orders
    from counts
    where item is not null
    group by item
    having sum(orders) >= $min_orders
)

select
    row_number() over (order by item)::integer as itemset,
    item as items,
    orders
from items
