-- Which baskets have too many different items to be mined?
select number
from mined_bought
group by number
having count(*) > $max_basket_size
