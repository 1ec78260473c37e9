-- How was each customer's first delivered order delivered, and when did the customer order again?
with
valid as (
    select
        o.order_id,
        o.customer_id,
        o.order_date,
        o.ordered_at,
        o.month,
        o.status,
        o.is_late,
        o.delay_days,
        o.delivered_date,
        o.state,
        o.net_sales,
        o.freight,
        o.items,
        o.instalments
    from fct_orders as o
    cross join reporting_period
    where o.is_valid and o.customer_id is not null and o.order_date <= reporting_period.as_of
),

numbered as (
    select
        order_id,
        row_number() over (partition by customer_id order by ordered_at, order_id) as place
    from valid
    where status = 'delivered' and delivered_date is not null
),

delivered as (
    select v.*
    from valid as v
    join numbered as n on n.order_id = v.order_id and n.place = 1
),

numbered_lines as (
    select
        order_id,
        category,
        seller_id,
        row_number() over (partition by order_id order by net_sales desc, line) as place
    from fct_sales
    where is_valid
),

sellers as (
    select
        s.seller_id,
        count(*) as lines
    from fct_sales as s
    cross join reporting_period
    where s.is_valid and s.customer_id is not null and s.order_date <= reporting_period.as_of and s.seller_id is not null
    group by s.seller_id
),

reorders as (
    select
        d.customer_id,
        min(v.order_date) as reorder_date
    from delivered as d
    join valid as v on v.customer_id = d.customer_id and v.order_date > d.delivered_date
    group by d.customer_id
),

known as (
    select
        d.*,
        l.category,
        n.lines as seller_lines,
        d.state = s.state as is_same_state
    from delivered as d
    left join numbered_lines as l on l.order_id = d.order_id and l.place = 1
    left join dim_seller as s on s.seller_id = l.seller_id
    left join sellers as n on n.seller_id = l.seller_id
    where d.is_late is not null
),

-- A review counts if it was written after the delivery, and before the customer's next order.
answers as (
    select
        r.order_id,
        r.score,
        r.answered_at::date as answered_date,
        row_number() over (
            partition by r.order_id order by r.answered_at desc, r.created_at desc, r.review_id desc
        ) as place
    from reviews as r
    join delivered as d on d.order_id = r.order_id
    where
        not r.is_score_imputed
        and r.answered_at::date > d.delivered_date
        and not exists (
            select 1
            from valid as v
            where
                v.customer_id = d.customer_id
                and v.order_date > d.order_date
                and v.order_date <= r.answered_at::date
        )
)

-- Amounts are compared by fifths of the customers. The placebo was settled before the delivery.
select
    k.customer_id,
    k.is_late,
    k.delay_days,
    k.delivered_date,
    a.score <= 3 as is_low_score,
    a.answered_date,
    reporting_period.as_of,
    b.reorder_date,
    strftime(k.month, '%Y-%m') as month,
    coalesce(k.state, 'unknown') as state,
    case
        when k.is_same_state then 'yes'
        when k.is_same_state is null then 'unknown'
        else 'no'
    end as same_state,
    case when k.items > 1 then 'several' else 'one' end as items,
    coalesce(k.category, 'unknown') as category,
    (1 + 5 * (rank() over (order by k.net_sales) - 1) // count(*) over ())::varchar as price,
    (1 + 5 * (rank() over (order by k.freight) - 1) // count(*) over ())::varchar as freight,
    case
        when k.seller_lines is null then 'unknown'
        else (1 + 5 * (rank() over (order by k.seller_lines) - 1) // count(*) over ())::varchar
    end as seller,
    coalesce(k.instalments > 1, day(k.order_date) % 2 = 0) as placebo
from known as k
left join answers as a on a.order_id = k.order_id and a.place = 1
left join reorders as b on b.customer_id = k.customer_id
cross join reporting_period
