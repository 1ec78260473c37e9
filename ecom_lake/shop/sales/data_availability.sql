-- Which of the facts that not every shop records does this shop record?
-- Where no order and no line was ever returned, the shop does not know returns, which differs from having none. Where lines were
-- discounted, and none by an amount, the shop does not know the amounts.
select
    (select count(*) from payments) > 0 as has_payments,
    (select count(*) from orders where status = 'returned') > 0
    or (select count(is_returned) from order_items) > 0 as has_returns,
    (select count(*) from order_items where is_discounted) = 0
    or (select count(*) from order_items where discount > 0) > 0 as has_discount_amounts
