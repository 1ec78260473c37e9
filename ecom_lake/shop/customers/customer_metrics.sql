-- What is the value of each customer to the shop, and how active are they?
with
-- Orders up to the as-of date; orders without a date are included, and anonymous orders are not.
people as (
    select
        customer_id,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        count(*) as orders,
        count(*) filter (where opens_purchase) as purchases,
        sum(items)::bigint as items,
        sum(units)::bigint as units,
        sum(net_sales)::decimal(18, 2) as net_sales,
        sum(cogs)::decimal(18, 2) as cogs,
        sum(costed_sales)::decimal(18, 2) as costed_sales,
        count(is_late) as promised_orders,
        case when count(is_late) > 0 then count(*) filter (where is_late) end as late_orders,
        sum(review_score::decimal(9, 4))::decimal(18, 4) as review_scores,
        count(review_score) as reviews
    from fct_orders
    cross join reporting_period
    where is_valid and customer_id is not null and coalesce(order_date <= as_of, true)
    group by customer_id
),

-- An unknown category is none. A customer with one line of a known category has one category and is not counted here.
categories as (
    select customer_id, count(distinct nullif(category, 'unknown')) as categories
    from fct_sales
    cross join reporting_period
    where
        is_valid
        and coalesce(order_date <= as_of, true)
        and customer_id in (
            select customer_id
            from fct_sales
            where is_valid
            group by customer_id
            having count(*) > 1 or count(*) filter (where category = 'unknown') > 0
        )
    group by customer_id
),

-- p50 and p80 are percentiles of the days between purchases, rounded,
-- so that a bound of 26 days is not 25.999999999999996.
gaps as (
    select
        round(quantile_cont(gap_days::double, 0.5), 6) as p50,
        round(quantile_cont(gap_days::double, 0.8), 6) as p80
    from fct_orders
    cross join reporting_period
    where gap_days is not null and order_date <= as_of
),

registrations as (
    select customer_id, registered_at::date as registered_on, prior_purchases
    from dim_customer
    where registered_at is not null or prior_purchases is not null
),

scored as (
    select
        people.*,
        date_diff('day', last_order_date, as_of) as recency_days,
        date_diff('day', first_order_date, last_order_date) as lifespan_days,
        1 + 5 * (rank() over (order by net_sales) - 1) // count(*) over () as m
    from people
    cross join reporting_period
),

described as (
    select
        s.*,
        coalesce(c.categories, least(s.items, 1)) as categories,
        date_diff('day', r.registered_on, s.first_order_date) as registration_delay_days,
        s.purchases + coalesce(r.prior_purchases, 0) as purchases_ever,
        case
            when s.recency_days <= gaps.p50 then 'active'
            when s.recency_days <= gaps.p80 then 'at risk'
            when s.recency_days > gaps.p80 then 'lapsed'
        end as activity_status
    from scored as s
    cross join gaps
    left join categories as c on c.customer_id = s.customer_id
    left join registrations as r on r.customer_id = s.customer_id
)

select
    customer_id,
    first_order_date,
    last_order_date,
    orders,
    purchases,
    items,
    units,
    net_sales,
    cogs,
    case when costed_sales >= cost_coverage * nullif(net_sales, 0) then net_sales - cogs end as gross_profit,
    net_sales::double / orders as aov,
    recency_days,
    lifespan_days,
    lifespan_days::double / nullif(purchases - 1, 0) as avg_gap_days,
    registration_delay_days,
    registration_delay_days < 0 as registration_anomaly,
    categories,
    promised_orders,
    late_orders,
    review_scores::double / nullif(reviews, 0) as avg_review,
    m,
    case
        when purchases_ever >= loyal_purchases then 'Loyal'
        when purchases_ever >= returning_purchases then 'Returning'
        else 'New'
    end as loyalty_tier,
    case
        when purchases >= persona_loyal_purchases and m >= persona_loyal_m then 'Loyal High-Value'
        when m >= persona_premium_m then 'Premium'
        when activity_status = 'lapsed' then 'High Churn Risk'
        when m <= persona_low_m then 'Low-Premium'
        else 'Standard'
    end as persona,
    activity_status
from described
cross join settings
