-- What was known about each customer at the end of the day $as_of?
-- An order is known from its day on, a delivery from the day of its arrival, a review from the day of its answer; a parcel that is
-- in transit after the promised day is known to be late. Whether an order was canceled is taken as of today, since no shop
-- records when it was.
-- Customers with a hash of their id below $below are read ('g': all). The shares of states and categories are then those of the
-- sample, which differ from those of all customers by no more than chance.
with answered as (
    select order_id, score
    from reviews
    where coalesce(answered_at, created_at)::date <= $as_of and not is_score_imputed
    qualify
        row_number() over (
            partition by order_id order by answered_at desc nulls last, created_at desc nulls last, review_id desc
        ) = 1
),

delivered as (
    select order_id, delivered_at::date as delivered_on from orders where delivered_at is not null
),

known_orders as (
    select
        f.order_id,
        f.customer_id,
        f.order_date,
        f.order_number,
        f.opens_purchase,
        f.net_sales,
        f.gross_sales,
        f.discounts,
        f.freight,
        f.units,
        f.instalments,
        f.gap_days,
        f.state,
        r.score,
        case
            when d.delivered_on <= $as_of or f.promised_date < $as_of
                then date_diff('day', f.promised_date, least(d.delivered_on, $as_of))
        end as delay_days
    from fct_orders as f
    left join delivered as d on d.order_id = f.order_id
    left join answered as r on r.order_id = f.order_id
    where
        f.is_valid
        and f.customer_id is not null
        and f.order_date <= $as_of
        and ($below = 'g' or md5(f.customer_id) < $below)
),

totals as (
    select
        customer_id,
        count_if(opens_purchase) as purchases,
        min(order_date) as first_day,
        max(order_date) as last_day,
        sum(net_sales)::decimal(18, 2) as net_sales,
        sum(gross_sales)::decimal(18, 2) as gross_sales,
        sum(discounts)::decimal(18, 2) as discounts,
        sum(freight)::decimal(18, 2) as freight,
        sum(units)::bigint as units,
        count_if(delay_days > 0) as late_orders,
        count(delay_days) as promised_orders,
        max(instalments) as instalments
    from known_orders
    group by customer_id
),

-- The latest value of each column that is known: an order without one does not hide that of an earlier order.
latest as (
    select
        customer_id,
        last_value(gap_days ignore nulls) over history as last_gap_days,
        last_value(net_sales ignore nulls) over history as last_net_sales,
        last_value(delay_days ignore nulls) over history as last_delay_days,
        last_value(score ignore nulls) over history as last_score,
        last_value(state ignore nulls) over history as state
    from known_orders
    window history as (partition by customer_id order by order_number, order_id)
    qualify row_number() over (partition by customer_id order by order_number desc, order_id desc) = 1
),

customers_known as (
    select
        t.*,
        l.last_gap_days,
        l.last_net_sales,
        l.last_delay_days,
        l.last_score,
        l.state
    from totals as t
    join latest as l on l.customer_id = t.customer_id
),

sold as (
    select customer_id, category, net_sales
    from fct_sales
    where
        is_valid
        and customer_id is not null
        and order_date <= $as_of
        and ($below = 'g' or md5(customer_id) < $below)
),

numbered as (
    select category, row_number() over (order by category) as number
    from (select distinct category from sold) as categories
),

-- The category of the most expensive line, as one number that max compares: amount first, number of the category last. A shop
-- has fewer than 1,000,000 categories.
bought as (
    select
        customer_id,
        count(distinct number) as categories,
        max((net_sales * 100)::bigint * 1000000 + number) % 1000000 as number
    from sold
    join numbered on numbered.category = sold.category
    group by customer_id
),

-- A customer's own repeat purchase counts here too; the other features of the customer contain it as well.
by_category as (
    select b.number, count_if(c.purchases > 1) as repeat_customers, count(*) as customers
    from customers_known as c
    join bought as b on b.customer_id = c.customer_id
    group by b.number
),

by_state as (
    select state, count(*)::double / sum(count(*)) over () as state_share from customers_known group by state
),

overall as (
    select count_if(purchases > 1)::double / nullif(count(*), 0) as repeat_rate from customers_known
),

known as (
    select
        c.*,
        b.categories,
        s.state_share,
        -- 20 average customers are added to each category, so that three customers do not make a rate.
        case
            when g.customers is not null then (g.repeat_customers + 20 * overall.repeat_rate) / (g.customers + 20)
        end as category_repeat_rate
    from customers_known as c
    cross join overall
    left join bought as b on b.customer_id = c.customer_id
    left join by_category as g on g.number = b.number
    left join by_state as s on s.state = c.state
)

select
    customer_id,
    purchases as purchases_made,
    date_diff('day', last_day, $as_of)::double as recency_days,
    date_diff('day', first_day, $as_of)::double as tenure_days,
    purchases::double as purchases,
    date_diff('day', first_day, last_day)::double / nullif(purchases - 1, 0) as mean_gap_days,
    last_gap_days::double as last_gap_days,
    date_diff('day', last_day, $as_of)::double * (purchases - 1) / nullif(date_diff('day', first_day, last_day), 0) as overdue,
    net_sales::double as net_sales,
    last_net_sales::double as last_net_sales,
    units::double as units,
    categories::double as categories,
    discounts::double / nullif(gross_sales::double, 0) as discount_share,
    freight::double / nullif((net_sales + freight)::double, 0) as freight_share,
    greatest(-30, least(60, last_delay_days))::double as last_delay_days,
    late_orders::double / nullif(promised_orders, 0) as late_share,
    last_score::double as last_score,
    instalments::double as instalments,
    state_share,
    category_repeat_rate::double as category_repeat_rate
from known
order by customer_id
