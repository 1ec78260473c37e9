-- Which products does the shop sell, including those that only order lines refer to?
with
unlisted as (
    select distinct i.product_id
    from order_items as i
    where not exists (select 1 from products as p where p.product_id = i.product_id)
)

select product_id, true as has_record, name, category, brand, unit_cost, list_price, weight_g, photos
from products
union all
select product_id, false, null, 'unknown', null, null, null, null, null
from unlisted
