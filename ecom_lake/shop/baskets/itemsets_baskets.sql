-- How many baskets are mined?
with
counts as (
    select a.orders as baskets
    from mined_alone as a
    union all
    select count(*) as baskets
    from mined_several
    union all
    select -count(*) as baskets
    from mined_too_large
)

select coalesce(sum(baskets), 0)::bigint as baskets
from counts
