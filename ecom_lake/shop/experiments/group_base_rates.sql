-- How many customers are in each group, how many join it, and which share of them ordered in the last $days days?
with
today as (
    select
        as_of,
        as_of - $days as start,
        as_of - 2 * $days as before
    from reporting_period
),

-- The bounds of the activity status, as in customer_metrics: percentiles of the days between purchases.
bounds as (
    select
        round(quantile_cont(o.gap_days::double, 0.5), 6) as active,
        round(quantile_cont(o.gap_days::double, 0.8), 6) as at_risk
    from fct_orders as o
    cross join today
    where o.gap_days is not null and o.order_date <= today.as_of
),

purchases as (
    select
        o.customer_id,
        o.order_date,
        sum(o.net_sales)::decimal(18, 2) as value
    from fct_orders as o
    cross join today
    where o.is_valid and o.customer_id is not null and o.order_date <= today.as_of
    group by o.customer_id, o.order_date
),

people as (
    select
        p.customer_id,
        min(p.order_date) as first_date,
        max(p.order_date) as last_date,
        count(*) as purchases,
        max(p.order_date) filter (where p.order_date <= today.start) as last_date_then,
        count(*) filter (where p.order_date <= today.start) as purchases_then,
        min(p.order_date) filter (where p.order_date > today.start) as next_date
    from purchases as p
    cross join today
    group by p.customer_id
),

-- The groups of each customer today and $days days ago. Without bounds there is no customer.
grouped as (
    select
        p.customer_id,
        p.next_date,
        case
            when date_diff('day', p.last_date, today.as_of) <= bounds.active then 'active'
            when date_diff('day', p.last_date, today.as_of) <= bounds.at_risk then 'at risk'
            else 'lapsed'
        end
        || case when p.purchases > 1 then ', several purchases' else ', one purchase' end as group_now,
        case
            when p.last_date_then is null then null
            when date_diff('day', p.last_date_then, today.start) <= bounds.active then 'active'
            when date_diff('day', p.last_date_then, today.start) <= bounds.at_risk then 'at risk'
            else 'lapsed'
        end
        || case when p.purchases_then > 1 then ', several purchases' else ', one purchase' end as group_then
    from people as p
    cross join today
    cross join bounds
    where bounds.active is not null
),

members as (
    select
        group_now as name,
        count(*) as people,
        count(*) filter (where group_then is null or group_then <> group_now) as joined
    from grouped
    group by group_now
),

observed as (
    select
        g.group_then as name,
        count(*) as observed,
        count(p.value) as ordered,
        sum(p.value)::decimal(18, 2) as value,
        sum(p.value::decimal(20, 2) * p.value)::decimal(38, 4) as squared_value
    from grouped as g
    left join purchases as p on p.customer_id = g.customer_id and p.order_date = g.next_date
    where g.group_then is not null
    group by g.group_then
),

-- New customers: did those who first ordered in the period before order again within $days days?
second_dates as (
    select
        p.customer_id,
        min(p.order_date) as order_date
    from purchases as p
    join people on people.customer_id = p.customer_id
    where p.order_date > people.first_date and p.order_date <= people.first_date + $days
    group by p.customer_id
),

new_customers as (
    select
        count(*) filter (where people.first_date > today.start) as joined,
        count(*) filter (where people.first_date <= today.start and people.first_date > today.before) as observed,
        count(*) filter (
            where people.first_date <= today.start and people.first_date > today.before and p.order_date is not null
        ) as ordered,
        count(p.value) as purchases,
        sum(p.value)::decimal(18, 2) as value,
        sum(p.value::decimal(20, 2) * p.value)::decimal(38, 4) as squared_value
    from people
    cross join today
    left join second_dates as s on s.customer_id = people.customer_id
    left join purchases as p on p.customer_id = s.customer_id and p.order_date = s.order_date
),

counted as (
    select
        coalesce(m.name, o.name) as name,
        coalesce(m.people, 0) as people,
        coalesce(m.joined, 0) as joined,
        coalesce(o.observed, 0) as observed,
        coalesce(o.ordered, 0) as ordered,
        coalesce(o.ordered, 0) as purchases,
        o.value,
        o.squared_value
    from members as m
    full join observed as o on o.name = m.name
    union all
    select
        'new customers' as name,
        0 as people,
        joined,
        observed,
        ordered,
        purchases,
        value,
        squared_value
    from new_customers
)

select
    name,
    people,
    joined,
    observed,
    ordered,
    round(value::double / nullif(purchases, 0), 6) as order_value,
    case
        when purchases > 1
            then round(
                sqrt((purchases * squared_value - value::decimal(20, 2) * value)::double / (purchases * (purchases - 1.0))::double), 6
            )
        else 0.0
    end as order_value_deviation
from counted
order by name
