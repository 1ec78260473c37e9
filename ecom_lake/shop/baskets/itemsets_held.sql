-- Which frequent items does each basket contain?
select
    b.number as basket,
    0 as prefix,
    i.itemset,
    i.itemset as item
from mined_bought as b
join mined_items as i on i.items = b.item
