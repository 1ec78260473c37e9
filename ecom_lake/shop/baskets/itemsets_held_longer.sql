-- Which of the longer itemsets does each basket contain?
select
    a.basket,
    l.prefix,
    l.itemset,
    l.item
from mined_held as a
join mined_held as b on b.basket = a.basket and b.prefix = a.prefix and b.item > a.item
join mined_longer as l on l.prefix = a.itemset and l.item = b.item
