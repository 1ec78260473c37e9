-- How do the customers of each persona buy, by which rule is it assigned, and what is its share of net sales?
with
sums as (
    select
        persona,
        count(*) as customers,
        count(*) filter (where purchases >= 2) as repeaters,
        sum(orders) as orders,
        sum(net_sales)::decimal(18, 2) as net_sales
    from customer_metrics
    group by persona
),

-- The first rule that applies assigns the persona.
rules as (
    select
        1 as position,
        'Loyal High-Value' as persona,
        'At least ' || persona_loyal_purchases || ' purchases and a monetary score of at least ' || persona_loyal_m || '.' as rule
    from settings
    union all
    select 2, 'Premium', 'Else a monetary score of at least ' || persona_premium_m || '.' from settings
    union all
    select 3, 'High Churn Risk', 'Else lapsed: no purchase for longer than the 80th percentile of the shop''s gaps.' from settings
    union all
    select 4, 'Low-Premium', 'Else a monetary score of at most ' || persona_low_m || '.' from settings
    union all
    select 5, 'Standard', 'Everybody else.' from settings
)

select
    s.persona,
    r.position,
    r.rule,
    s.customers,
    s.customers::double / sum(s.customers) over () as share,
    s.orders,
    s.net_sales,
    s.net_sales::double / nullif(sum(s.net_sales) over (), 0)::double as net_sales_share,
    s.net_sales::double / s.orders as aov,
    case when reporting_period.as_of is not null then s.repeaters::double / s.customers end as repeat_rate
from sums as s
cross join reporting_period
join rules as r on r.persona = s.persona
