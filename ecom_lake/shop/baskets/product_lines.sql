-- Which product does each valid order line hold?
select
    order_id as basket,
    -- A plus next to a space would look like the separator of two items, so it is replaced by a fullwidth plus.
    replace(replace(product_id, ' +', ' ＋'), '+ ', '＋ ') as item
from fct_sales
where is_valid
