-- How many customers are in each loyalty tier, by which rule, and what is their share of net sales?
with
sums as (
    select
        loyalty_tier,
        count(*) as customers,
        count(*) filter (where purchases >= 2) as repeaters,
        sum(orders) as orders,
        sum(net_sales)::decimal(18, 2) as net_sales
    from customer_metrics
    group by loyalty_tier
),

rules as (
    select 1 as position, 'New' as loyalty_tier, 'Fewer than ' || returning_purchases || ' purchases.' as rule from settings
    union all
    select
        2,
        'Returning',
        case
            when loyal_purchases > returning_purchases + 1
                then 'From ' || returning_purchases || ' to ' || (loyal_purchases - 1) || ' purchases.'
            when returning_purchases = 1 then '1 purchase.'
            else returning_purchases || ' purchases.'
        end
    from settings
    union all
    select 3, 'Loyal', 'From ' || loyal_purchases || ' purchases on.' from settings
)

select
    s.loyalty_tier,
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
join rules as r on r.loyalty_tier = s.loyalty_tier
