-- Which items are in each basket of several lines?
select distinct
    s.number,
    l.item
from mined_lines as l
join mined_several as s on s.basket = l.basket
where l.item is not null
