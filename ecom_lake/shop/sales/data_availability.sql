-- Which of the facts that not every shop records does this shop record?
-- Where no order and no line was ever returned, the shop does not know returns, which differs from having none.
select
    (select count(*) from payments) > 0 as has_payments,
    (select count(*) from orders where status = 'returned') > 0
    or (select count(is_returned) from order_items) > 0 as has_returns
