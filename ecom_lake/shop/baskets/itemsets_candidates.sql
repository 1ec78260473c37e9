-- How many pairs of itemsets that differ in their last item do the baskets contain?
with
sharing as (
    select count(*) as n
    from mined_held
    group by basket, prefix
)

select coalesce(sum(n * (n - 1) // 2), 0)::bigint as candidates
from sharing
