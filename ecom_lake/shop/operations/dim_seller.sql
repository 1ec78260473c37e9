-- Who are the shop's sellers, including those that only order lines refer to?
with
unlisted as (
    select distinct i.seller_id
    from order_items as i
    where i.seller_id is not null and not exists (select 1 from sellers as s where s.seller_id = i.seller_id)
)

select seller_id, true as has_record, city, state, zip
from sellers
union all
select seller_id, false, null, null, null
from unlisted
