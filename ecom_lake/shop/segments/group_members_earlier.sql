-- What was known of the customers of a group on an earlier day, and how much has each of them spent since?
with
days as (
    select
        $as_of::date as today,
        $as_of::date - $days as that_day
),

orders_of_people as (
    select
        o.customer_id,
        o.order_date,
        o.net_sales,
        o.units,
        o.opens_purchase,
        o.order_date <= days.that_day as is_earlier,
        days.that_day
    from fct_orders as o
    cross join days
    where o.is_valid and o.customer_id is not null and o.order_date <= days.today
),

measured as (
    select
        customer_id,
        max(that_day) as that_day,
        min(order_date) as first_date,
        max(order_date) filter (where is_earlier) as last_date,
        (sum(net_sales) filter (where is_earlier))::decimal(18, 2)::double as net_sales,
        (sum(units) filter (where is_earlier))::double as units,
        (count(*) filter (where opens_purchase and is_earlier))::double as purchases,
        coalesce(sum(net_sales) filter (where not is_earlier), 0)::decimal(18, 2)::double as spent
    from orders_of_people
    group by customer_id
),

people as (
    select
        m.customer_id,
        date_diff('day', m.last_date, m.that_day)::double as recency_days,
        m.net_sales,
        m.units,
        m.purchases,
        c.registration_delay_days::double as registration_delay_days,
        date_diff('day', m.first_date, m.last_date)::double as lifespan_days,
        m.spent,
        case
            when $by_registration and c.registration_delay_days >= 0 then 'registered buyers'
            when $by_registration and c.registration_delay_days < 0 then 'buyers before registration'
            when $by_registration then 'buyers without registration'
            when m.purchases = 1 then 'one-time buyers'
            else 'repeat buyers'
        end as buyers
    from measured as m
    join customer_metrics as c on c.customer_id = m.customer_id
    where m.purchases > 0
)

select
    recency_days,
    net_sales,
    units,
    purchases,
    registration_delay_days,
    lifespan_days,
    spent
from people
where buyers = $buyers
order by md5(customer_id), customer_id
limit $most
