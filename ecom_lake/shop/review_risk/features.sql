-- What was known about each order on the day it was shipped, for orders shipped up to the day $until?
-- The past of sellers and categories is counted from reviews answered before that day. Where an order has several answers the first
-- counts, so that a later one does not change what was known. The month is no feature: a year of orders has each month once, and
-- the recent reviews of the whole shop say more.
with shipped as (
    select
        f.order_id,
        f.order_date,
        f.ordered_at,
        f.promised_date,
        f.state,
        f.items,
        f.net_sales,
        f.freight,
        f.instalments,
        f.zip,
        o.shipped_at,
        o.shipped_at::date as shipped_on
    from fct_orders as f
    join orders as o on o.order_id = f.order_id
    where f.is_valid and o.shipped_at::date <= $until
),

line_totals as (
    select s.order_id, count(distinct s.seller_id) as sellers, max(p.weight_g) as weight_g
    from fct_sales as s
    left join dim_product as p on p.product_id = s.product_id
    where s.is_valid
    group by s.order_id
),

-- The seller, and the category, of the most expensive line that has one.
main_seller as (
    select order_id, seller_id
    from fct_sales
    where is_valid and seller_id is not null
    qualify row_number() over (partition by order_id order by net_sales desc, line) = 1
),

main_category as (
    select order_id, category
    from fct_sales
    where is_valid and category is not null
    qualify row_number() over (partition by order_id order by net_sales desc, line) = 1
),

first_answers as (
    select order_id, coalesce(answered_at, created_at)::date as answered_on, score <= $bad_score as is_bad
    from reviews
    where coalesce(answered_at, created_at)::date < $until and not is_score_imputed
    qualify
        row_number() over (partition by order_id order by coalesce(answered_at, created_at)::date, review_id) = 1
),

rated as (
    select s.seller_id, coalesce(c.category, 'unknown') as category, a.answered_on, a.is_bad
    from first_answers as a
    left join main_seller as s on s.order_id = a.order_id
    left join main_category as c on c.order_id = a.order_id
),

orders_to_describe as (
    select
        h.*,
        t.sellers,
        t.weight_g,
        s.seller_id,
        coalesce(c.category, 'unknown') as category,
        h.shipped_on - 30 as month_before
    from shipped as h
    left join line_totals as t on t.order_id = h.order_id
    left join main_seller as s on s.order_id = h.order_id
    left join main_category as c on c.order_id = h.order_id
),

-- Reviews answered before each day on which a seller shipped. A day of shipping without answers counts 0.
seller_days as (
    select seller_id, day, sum(bad) as bad, sum(answers) as answers
    from (
        select seller_id, answered_on as day, case when is_bad then 1 else 0 end as bad, 1 as answers from rated
        union all
        select seller_id, shipped_on as day, 0 as bad, 0 as answers from orders_to_describe
    ) as events
    group by seller_id, day
),

seller_history as (
    select
        seller_id,
        day,
        sum(bad) over (partition by seller_id order by day) - bad as bad,
        sum(answers) over (partition by seller_id order by day) - answers as answers
    from seller_days
),

category_days as (
    select category, day, sum(bad) as bad, sum(answers) as answers
    from (
        select category, answered_on as day, case when is_bad then 1 else 0 end as bad, 1 as answers from rated
        union all
        select category, shipped_on as day, 0 as bad, 0 as answers from orders_to_describe
    ) as events
    group by category, day
),

category_history as (
    select
        category,
        day,
        sum(bad) over (partition by category order by day) - bad as bad,
        sum(answers) over (partition by category order by day) - answers as answers
    from category_days
),

shop_days as (
    select day, sum(bad) as bad, sum(answers) as answers
    from (
        select answered_on as day, case when is_bad then 1 else 0 end as bad, 1 as answers from rated
        union all
        select shipped_on as day, 0 as bad, 0 as answers from orders_to_describe
        union all
        select month_before as day, 0 as bad, 0 as answers from orders_to_describe
    ) as events
    group by day
),

shop_history as (
    select
        day,
        sum(bad) over (order by day) - bad as bad,
        sum(answers) over (order by day) - answers as answers
    from shop_days
),

known as (
    select
        o.*,
        d.state as seller_state,
        6371 * 2 * asin(sqrt(least(
            1,
            pow(sin(radians(origin.lat - target.lat) / 2), 2)
            + cos(radians(target.lat)) * cos(radians(origin.lat)) * pow(sin(radians(origin.lng - target.lng) / 2), 2)
        ))) as distance_km,
        coalesce(seller.bad, 0) as seller_bad,
        coalesce(seller.answers, 0) as seller_answers,
        coalesce(category.bad, 0) as category_bad,
        coalesce(category.answers, 0) as category_answers,
        shop.bad::double / nullif(shop.answers, 0) as bad_rate,
        (shop.bad - earlier.bad)::double / nullif(shop.answers - earlier.answers, 0) as recent_bad_share
    from orders_to_describe as o
    left join dim_seller as d on d.seller_id = o.seller_id
    left join places as target on target.zip = o.zip
    left join places as origin on origin.zip = d.zip
    left join seller_history as seller on seller.seller_id = o.seller_id and seller.day = o.shipped_on
    left join category_history as category on category.category = o.category and category.day = o.shipped_on
    left join shop_history as shop on shop.day = o.shipped_on
    left join shop_history as earlier on earlier.day = o.month_before
)

-- Shares of bad reviews are smoothed: 10 average reviews of the shop are added to those of each seller and category.
select
    order_id,
    shipped_on,
    (24 * date_diff('day', ordered_at::date, shipped_on) + hour(shipped_at) - hour(ordered_at))::double / 24 as wait_days,
    date_diff('day', shipped_on, promised_date)::double as slack_days,
    date_diff('day', order_date, promised_date)::double as promise_days,
    (seller_state = state)::int::double as same_state,
    round(distance_km, 3) as distance_km,
    net_sales::double as net_sales,
    freight::double / nullif((net_sales + freight)::double, 0) as freight_share,
    items::double as items,
    sellers::double as sellers,
    weight_g::double / 1000 as weight_kg,
    instalments::double as instalments,
    (seller_bad + 10 * bad_rate) / (seller_answers + 10) as seller_bad_share,
    seller_answers::double as seller_reviews,
    (category_bad + 10 * bad_rate) / (category_answers + 10) as category_bad_share,
    recent_bad_share
from known
-- A sample by the hash of the id; what is known of sellers and categories is that of all orders. Recent orders are complete.
where $below = 'g' or md5(order_id) < $below or shipped_on > $complete_after
order by order_id
