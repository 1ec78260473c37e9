-- Which category does each valid order line hold?
select
    order_id as basket,
    -- A plus next to a space would look like the separator of two items, so it is replaced by a fullwidth plus.
    replace(replace(nullif(category, 'unknown'), ' +', ' ＋'), '+ ', '＋ ') as item
from fct_sales
where is_valid
