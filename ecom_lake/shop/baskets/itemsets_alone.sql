-- How often is each item the only line of a basket?
select
    l.item,
    count(*) as orders
from mined_lines as l
left join mined_several as s on s.basket = l.basket
where s.basket is null
group by l.item
