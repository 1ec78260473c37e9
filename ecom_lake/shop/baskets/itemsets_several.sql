-- Which baskets have more than one line? They are numbered.
with
baskets as (
    select basket
    from mined_lines
    group by basket
    having count(*) > 1
)

select
    basket,
    row_number() over (order by basket)::integer as number
from baskets
