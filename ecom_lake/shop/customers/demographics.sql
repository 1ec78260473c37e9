-- How do customers of each gender and age group buy?
with
people as (
    select m.orders, m.purchases, m.net_sales, d.gender, d.age_group
    from customer_metrics as m
    left join dim_customer as d on d.customer_id = m.customer_id
),

-- A dimension that the shop knows nothing about is left out.
members as (
    select 'gender' as dimension, coalesce(gender, 'unknown') as member, orders, purchases, net_sales
    from people
    where (select count(gender) from people) > 0
    union all
    select 'age_group', coalesce(age_group, 'unknown'), orders, purchases, net_sales
    from people
    where (select count(age_group) from people) > 0
),

sums as (
    select
        dimension,
        member,
        count(*) as customers,
        count(*) filter (where purchases >= 2) as repeaters,
        sum(orders) as orders,
        sum(net_sales)::decimal(18, 2) as net_sales
    from members
    group by dimension, member
)

select
    dimension,
    member,
    customers,
    customers::double / sum(customers) over (partition by dimension) as share,
    orders,
    net_sales,
    net_sales::double / nullif(sum(net_sales) over (partition by dimension), 0)::double as net_sales_share,
    net_sales::double / orders as aov,
    net_sales::double / customers as net_sales_per_customer,
    case when reporting_period.as_of is not null then repeaters::double / customers end as repeat_rate
from sums
cross join reporting_period
